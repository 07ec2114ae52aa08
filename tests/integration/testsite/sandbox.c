// SPDX-License-Identifier: Apache-2.0
//
// Loaded before Sendmail in the stories: its host has a name with a dot, without which it waits for
// a minute at each start, and its log goes to standard error.
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int gethostname(char* name, size_t size) {
  strncpy(name, "mx.example.org", size);
  return 0;
}

static void write_line(const char* format, va_list arguments) {
  char line[4096], stamp[32];
  const time_t now = time(NULL);
  vsnprintf(line, sizeof line, format, arguments);
  strftime(stamp, sizeof stamp, "%H:%M:%S", gmtime(&now));
  fprintf(stderr, "%s %s\n", stamp, line);
}

void syslog(int priority, const char* format, ...) {
  va_list arguments;
  (void)priority;
  va_start(arguments, format);
  write_line(format, arguments);
  va_end(arguments);
}

void __syslog_chk(int priority, int flag, const char* format, ...) {
  va_list arguments;
  (void)priority, (void)flag;
  va_start(arguments, format);
  write_line(format, arguments);
  va_end(arguments);
}
