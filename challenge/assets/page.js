// SPDX-License-Identifier: Apache-2.0
//
// Makes the page nicer where scripts run. It proves by work, in workers of our own, that somebody
// pays for this answer; it sends nothing until the sender presses the button. Without it the form
// works as it is, where the site allows another proof.
"use strict";

(() => {
  // A challenge lives 20 minutes; one that was fetched while typing began may be too old.
  const FRESH_MS = 15 * 60 * 1000;
  const MOST_TRIES = 1000000;

  const canWork = Boolean(window.Worker && window.fetch && window.crypto && crypto.subtle);
  if (canWork) document.documentElement.classList.add("js");

  /** Shows times in the reader's zone; the server can only guess it. The page brings the names of
   * its language, and how a time is put together: "{weekday} {day} {month}, {time}". */
  function localTimes() {
    const page = document.querySelector("main").dataset;
    if (!page.days || !page.months) return;
    for (const time of document.querySelectorAll("time[data-form]")) {
      const t = new Date(time.dateTime);
      const form = page[time.dataset.form];
      if (Number.isNaN(t.getTime()) || !form) continue;
      const parts = {
        weekday: page.days.split("|")[t.getDay()],
        day: t.getDate(),
        month: page.months.split("|")[t.getMonth()],
        number: t.getMonth() + 1,
        time: String(t.getHours()).padStart(2, "0") + ":" + String(t.getMinutes()).padStart(2, "0"),
      };
      time.textContent = form.replace(/\{(\w+)\}/g, (hole, name) => parts[name] ?? hole);
    }
  }

  /** Solves a challenge with as many workers as help; `told` gets the share of tries done. */
  function solve(challenge, workerFile, told) {
    const count = Math.max(1, Math.min(4, navigator.hardwareConcurrency || 2));
    const workers = [];
    const tries = new Array(count).fill(0);
    const started = Date.now();
    return new Promise((resolve, reject) => {
      for (let i = 0; i < count; i++) {
        const worker = new Worker(workerFile);
        workers.push(worker);
        worker.onerror = () => reject(new Error("worker"));
        worker.onmessage = (event) => {
          if (event.data.failed) return reject(new Error("worker"));
          if (event.data.solution) {
            event.data.solution.time = Date.now() - started;
            return resolve(event.data.solution);
          }
          tries[i] = event.data.tries;
          return told(tries.reduce((a, b) => a + b, 0), Date.now() - started);
        };
        worker.postMessage({parameters: challenge.parameters, first: i, step: count,
          most: MOST_TRIES});
      }
    }).finally(() => workers.forEach((worker) => worker.terminate()));
  }

  async function prove(form, told) {
    const response = await fetch(form.dataset.pow, {headers: {Accept: "application/json"}});
    if (!response.ok) throw new Error("status " + response.status);
    const most = Number(response.headers.get("Countersign-Tries")) || 3000;
    const challenge = await response.json();
    const solution = await solve(challenge, form.dataset.worker,
      (tries, ms) => told(tries, most, ms));
    return {value: btoa(JSON.stringify({challenge, solution})), at: Date.now()};
  }

  function answerByWork(form) {
    const work = form.querySelector(".work");
    const bar = work.querySelector("progress");
    const text = work.querySelector("p");
    const about = work.dataset.about.split("|");  // for 5, 10, ... seconds
    const button = form.querySelector("button");
    let proof = null;
    let sending = false;
    let givenUp = false;

    const say = (words) => {
      // Only when it changes: screen readers say it each time.
      if (text.textContent !== words) text.textContent = words;
    };
    const told = (tries, most, ms) => {
      // The answer lies somewhere in `most` tries: the bar is a guess, and stops short of the end.
      bar.value = Math.min(95, tries * 100 / most);
      const left = Math.ceil((most - tries) / tries * ms / 2000);
      if (sending && ms > 1500)
        say(left > 2 && tries < most ? about[Math.min(about.length, Math.ceil(left / 5)) - 1] :
          work.dataset.soon);
    };
    const start = () => {
      proof = prove(form, told);
      proof.catch(() => {});
      return proof;
    };
    const restore = () => {
      sending = false;
      proof = null;
      button.removeAttribute("aria-disabled");
    };
    /** The way without scripts: the digits, or waiting. */
    const giveUp = () => {
      givenUp = true;
      document.documentElement.classList.remove("js");
      bar.hidden = true;
      if ("wait" in form.dataset) return form.submit();
      say(work.dataset.digits);
      return form.elements.code.focus();
    };

    // While the sender types there is time to work; scanners do not type.
    form.elements.address.addEventListener("input", () => proof || start(), {passive: true});

    form.addEventListener("submit", async (event) => {
      const other = event.submitter && event.submitter.classList.contains("link");
      if (givenUp || (other && !sending)) return;
      event.preventDefault();
      if (sending) return;
      // Only this: browsers do not know all addresses that mail does, so the server judges.
      if (form.elements.address.validity.valueMissing) {
        form.elements.address.reportValidity();
        return;
      }
      sending = true;
      button.setAttribute("aria-disabled", "true");
      work.hidden = false;
      say(work.dataset.begin);
      try {
        let done = await (proof || start());
        if (Date.now() - done.at > FRESH_MS) done = await start();
        bar.value = 100;
        say(work.dataset.send);
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = "altcha";
        field.value = done.value;
        form.append(field);
        form.submit();
      } catch (error) {
        restore();
        if (error.message === "status 404") return location.reload();
        if ("code" in form.dataset || "wait" in form.dataset) return giveUp();
        say(work.dataset.again);
        bar.removeAttribute("value");
        bar.hidden = true;
      }
    });

    // The browser's way back shows the page as it was left.
    window.addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      restore();
      work.hidden = true;
      form.querySelectorAll("input[name=altcha]").forEach((field) => field.remove());
    });
  }

  /** Asks now and then whether the message has been delivered. */
  function poll(place) {
    let left = 60;
    const ask = async () => {
      left -= 1;
      try {
        const response = await fetch(place.dataset.poll, {headers: {Accept: "application/json"}});
        const state = response.ok ? (await response.json()).state : "";
        if (state && state !== "delivering") return location.reload();
      } catch (error) {
        // Away for a moment: ask again.
      }
      return left > 0 && setTimeout(ask, 3000);
    };
    setTimeout(ask, 2000);
  }

  document.addEventListener("DOMContentLoaded", () => {
    localTimes();
    const form = document.querySelector("form[data-pow]");
    // Who has begun to wait or to read digits is not to lose them.
    const begun = form && (form.elements.wait || "byHand" in form.dataset);
    if (form && form.dataset.pow && canWork && !begun) answerByWork(form);
    else document.documentElement.classList.remove("js");
    const place = document.querySelector("[data-poll]");
    if (place && window.fetch) poll(place);
  });
})();
