// SPDX-License-Identifier: Apache-2.0
//
// contacts import, export.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "admin/address_book.h"
#include "admin/book_text.h"
#include "admin/exit_status.h"
#include "admin/learning.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "admin/whom.h"
#include "config/values.h"
#include "mail/address_list.h"
#include "mail/author.h"
#include "mail/machine.h"
#include "mail/unicode.h"

namespace countersign::admin {
namespace {

constexpr std::size_t kProgress = 1000;  ///< messages between two lines

Result<std::string> read_file(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{Errc::not_found, path + ": cannot be read"};
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return Error{Errc::unavailable, path + ": cannot be read"};
  return text;
}

std::string format_of(const std::string& path, std::string_view text) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return "maildir";
  text = without_leading_lines(text);
  if (text.starts_with("From ")) return "mbox";
  if (ascii_lower(text.substr(0, 11)) == "begin:vcard") return "vcard";
  return is_contact_list(text) ? "list" : "csv";
}

/// One run of `contacts import`.
class Import {
 public:
  Import(const Invocation& invocation, const Config& config, Whom whom, Contacts& contacts,
         const Tools& tools, Output& output)
      : config_(config),
        whom_(std::move(whom)),
        contacts_(contacts),
        output_(output),
        dry_run_(invocation.given("--dry-run")),
        learning_(contacts, tools, output, "imported", dry_run_) {
    for (const std::string& text : invocation.all("--from"))
      if (auto mailbox = Mailbox::parse(text)) also_his_.push_back(*std::move(mailbox));
  }

  Status file(const std::string& path, std::string format) {
    std::error_code error;
    std::string text;
    if (!std::filesystem::is_directory(path, error)) {
      CS_ASSIGN(text, read_file(path));
    }
    const bool format_was_guessed = format.empty();
    if (format_was_guessed) format = format_of(path, text);
    if (format == "maildir" || format == "mbox") return sent_mail(path, format, text);
    auto readable = book_text(std::move(text));
    if (!readable) return Error{Errc::invalid, path + ": " + readable.error().detail};
    // Only now it can be told from UTF-16, or behind a byte order mark.
    if (format_was_guessed) format = format_of(path, *readable);
    if (format == "mbox") return sent_mail(path, format, *readable);
    if (format == "list") return list(path, *readable);
    const AddressBook book = format == "vcard" ? read_vcards(*readable) : read_csv(*readable);
    say_bad(path, book.bad);
    for (const Mailbox& address : book.addresses) add(address);
    if (book.addresses.empty() && book.bad.empty())
      return nothing_in(path, "no address in it, read as " + format);
    return failure_;
  }

  Status finish() {
    CS_TRY(failure_);
    CS_TRY(learning_.flush());
    std::string text = std::to_string(learning_.taken() + written_) + " contacts, " +
                       std::to_string(learning_.made() + written_) +
                       (dry_run_ ? " would be written" : " written");
    if (messages_ > 0)
      text += "; " + std::to_string(messages_) + " messages, " + std::to_string(skipped_) +
              " of other authors or of machines";
    output_.say(text);
    return {};
  }
  bool any_bad() const { return any_bad_; }

 private:
  static Error nothing_in(const std::string& path, const std::string& why) {
    return {Errc::invalid, path + ": nothing was found: " + why +
                               "; allowed: vCard, CSV, an mbox or Maildir of sent mail, or what "
                               "contacts export wrote (--format)"};
  }

  Status sent_mail(const std::string& path, const std::string& format, std::string_view text) {
    const auto use = [&](const HeaderSection& header) { sent(header); };
    const std::size_t messages = messages_;
    const std::size_t named = named_;
    if (format == "mbox") read_mbox(text, use);
    if (format == "maildir") CS_TRY(read_maildir(path, use));
    CS_TRY(failure_);
    if (named_ > named) return {};
    return nothing_in(path, messages_ == messages ? "no message in it, read as " + format
                                                  : "no message in it is one that " + whom_.shown +
                                                        " wrote to somebody (--from)");
  }

  void say_bad(const std::string& path, const std::vector<BadEntry>& bad) {
    for (const BadEntry& one : bad)
      output_.say(path + ":" + std::to_string(one.line) + ": " + one.what);
    any_bad_ = any_bad_ || !bad.empty();
  }

  bool is_his(const Mailbox& author) const {
    if (std::find(also_his_.begin(), also_his_.end(), author) != also_his_.end()) return true;
    if (!is_protected(config_, author.domain())) return false;
    if (whom_.scope.level == Level::site) return true;
    if (whom_.scope.level == Level::domain) return author.domain() == whom_.scope.name;
    return owner_of(config_, author).key() == whom_.scope.name;
  }

  void add(const Mailbox& address) {
    if (!failure_ || is_protected(config_, address.domain())) return;
    failure_ = learning_.add(whom_, "a:" + address.address());
  }

  /// A message of a folder of sent mail.
  void sent(const HeaderSection& header) {
    if (++messages_ % kProgress == 0)
      output_.say(std::to_string(messages_) + " messages, " + std::to_string(learning_.taken()) +
                  " contacts");
    const auto author = parse_author(header).mailbox;
    if (!author || !is_his(*author) || !machine_mark({}, header, author).empty()) {
      ++skipped_;
      return;
    }
    for (const std::string_view name : {"To", "Cc", "Bcc"})
      for (const HeaderField* field : header.all(name))
        for (const Mailbox& mailbox : parse_address_list(field->value).mailboxes) {
          ++named_;
          add(mailbox);
        }
  }

  /// What `contacts export` wrote, all of it or nothing.
  Status list(const std::string& path, std::string_view text) {
    ContactList list = read_contact_list(text);
    for (const auto& [subject, entry, line] : list.entries)
      if (entry.final && whom_.scope.level != Level::site)
        list.bad.push_back(
            {line, shown_subject(subject) + ": only the site's entries can be final"});
    std::ranges::stable_sort(list.bad, {}, &BadEntry::line);
    say_bad(path, list.bad);
    if (!list.bad.empty()) return {};
    for (const auto& [subject, entry, line] : list.entries) {
      if (!dry_run_) CS_TRY(contacts_.put(whom_.scope, subject, entry, store_deadline()));
      ++written_;
      const std::string_view result = dry_run_ ? "would be written" : "written";
      Record record;
      record.add("whom", whom_.shown).add("subject", shown_subject(subject)).add("result", result);
      output_.put(record, whom_.shown + ": " + std::string(result) + " " + shown_subject(subject));
    }
    return {};
  }

  const Config& config_;
  const Whom whom_;
  Contacts& contacts_;
  Output& output_;
  const bool dry_run_;
  Learning learning_;
  std::vector<Mailbox> also_his_;
  Status failure_;
  bool any_bad_ = false;
  std::size_t messages_ = 0;
  std::size_t skipped_ = 0;
  std::size_t named_ = 0;  ///< recipients in messages of his
  std::size_t written_ = 0;
};

Status check_import(const Invocation& invocation) {
  for (const std::string& text : invocation.all("--from"))
    if (!Mailbox::parse(text))
      return Error{Errc::invalid, "--from: " + in_quotes(text) + " is no address"};
  return {};
}

}  // namespace

int contacts_import(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto whom = parse_whom(invocation.one("WHOM"), *config);
  if (!whom) return fail(whom.error(), output);
  if (const Status good = check_import(invocation); !good) return fail(good.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return EX_CONFIG;
  Import import(invocation, *config, *whom, store->contacts(), tools, output);
  int status = EX_OK;
  for (const std::string& path : invocation.all("FILE")) {
    const Status done = import.file(path, invocation.option("--format").value_or(""));
    if (!done) status = worse(status, fail(done.error(), output));
  }
  if (const Status done = import.finish(); !done)
    status = worse(status, fail(done.error(), output));
  return import.any_bad() ? worse(status, EX_DATAERR) : status;
}

int contacts_export(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto whom = parse_whom(invocation.one("WHOM"), *config);
  if (!whom) return fail(whom.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return EX_CONFIG;
  auto list = store->contacts().list(whom->scope, store_deadline());
  if (!list) return fail(list.error(), output);
  std::sort(list->begin(), list->end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  if (!output.json()) {
    output.raw(write_contact_list(*list));
    return EX_OK;
  }
  for (const auto& [subject, entry] : *list) output.put(contact_record(*whom, subject, entry));
  return EX_OK;
}

}  // namespace countersign::admin
