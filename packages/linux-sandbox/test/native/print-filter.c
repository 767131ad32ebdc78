/*
 * Prints the system call filter as `CODE JUMP_TRUE JUMP_FALSE VALUE` lines instead of installing it. Words: `network`
 * (the host's), `own` (a network namespace), `tree` (namespaces), `write` (a writable root).
 */
#define prctl take_filter
#include "../../native/seccomp.c"

#include <stdarg.h>

int take_filter(int option, ...) {
  if (option != PR_SET_SECCOMP) return 0;
  va_list arguments;
  va_start(arguments, option);
  va_arg(arguments, int);
  const struct sock_fprog *filter = va_arg(arguments, const struct sock_fprog *);
  va_end(arguments);
  for (unsigned short at = 0; at < filter->len; at++) {
    const struct sock_filter *step = &filter->filter[at];
    printf("%u %u %u %u\n", step->code, step->jt, step->jf, step->k);
  }
  return 0;
}

_Noreturn void fail(const char *stage, const char *format, ...) {
  fprintf(stderr, "%s: %s\n", stage, format);
  exit(1);
}

int main(int argc, char **argv) {
  struct rule rule = {.access = ACCESS_WRITE, .path = "/"};
  struct options options = {.rules = &rule};
  struct state state = {.options = &options};
  for (int at = 1; at < argc; at++) {
    if (strcmp(argv[at], "network") == 0) options.network = true;
    if (strcmp(argv[at], "own") == 0) state.own_network = true;
    if (strcmp(argv[at], "tree") == 0) options.namespaces = true;
    if (strcmp(argv[at], "write") == 0) options.rule_count = 1;
  }
  confine_syscalls(&state);
  return 0;
}
