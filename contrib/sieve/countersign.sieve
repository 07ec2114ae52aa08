# SPDX-License-Identifier: Apache-2.0
#
# Files mail that Countersign marked "aside" (mode aside, machines = "aside") under Screened: it is
# there to be looked at, and stays out of the inbox. Countersign removes fields of its name from
# what comes in, so nobody else can write this one.
#
# Dovecot: copy it to a folder of `sieve_before`, compile it by sievec, and make the folder where
# users look for it (mailbox Screened { auto = subscribe }).
require ["fileinto", "mailbox"];

if header :matches "Countersign" ["aside", "aside;*"] {
  fileinto :create "Screened";
  stop;
}
