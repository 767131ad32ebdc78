/* How a failed start is told: one line on a descriptor that the command never has, or on stderr without one. */
#include "helper.h"

#include <stdarg.h>

int status_descriptor = -1;
char *report_page;
size_t report_room;
void (*before_failure)(void);

/* Not every C library can name an error. */
const char *error_name(int error) {
#define NAME(code) \
  case code: \
    return #code;
  switch (error) {
    NAME(EPERM) NAME(ENOENT) NAME(EINTR) NAME(EIO) NAME(ENXIO) NAME(E2BIG) NAME(ENOEXEC) NAME(EBADF) NAME(EAGAIN)
    NAME(ENOMEM) NAME(EACCES) NAME(EFAULT) NAME(EBUSY) NAME(EEXIST) NAME(EXDEV) NAME(ENODEV) NAME(ENOTDIR)
    NAME(EISDIR) NAME(EINVAL) NAME(ENFILE) NAME(EMFILE) NAME(ETXTBSY) NAME(EFBIG) NAME(ENOSPC) NAME(EROFS)
    NAME(EMLINK) NAME(EPIPE) NAME(ENAMETOOLONG) NAME(ENOSYS) NAME(ENOTEMPTY) NAME(ELOOP) NAME(EOPNOTSUPP)
    NAME(EUSERS) NAME(EDQUOT) NAME(ESTALE) NAME(EOVERFLOW) NAME(ELIBBAD) NAME(EPROTO)
    default:
      return "UNKNOWN";
  }
#undef NAME
}

/* Control bytes are escaped; others stay, so that UTF-8 survives (the reader replaces what is not). */
size_t json_escape(char *target, size_t size, const char *text) {
  size_t used = 0;
  for (const unsigned char *byte = (const unsigned char *)text; *byte != 0 && used + 7 < size; byte++) {
    if (*byte == '"' || *byte == '\\') {
      target[used++] = '\\';
      target[used++] = (char)*byte;
    } else if (*byte >= 0x20 && *byte != 0x7f) {
      target[used++] = (char)*byte;
    } else {
      used += (size_t)snprintf(target + used, size - used, "\\u%04x", *byte);
    }
  }
  target[used] = 0;
  return used;
}

static void report(const char *code, const char *stage, const char *name, const char *message) {
  char escaped[3072], line[4000];
  json_escape(escaped, sizeof escaped, message);
  int size = snprintf(line, sizeof line, "{\"code\":\"%s\",\"stage\":\"%s\",\"errno\":\"%s\",\"message\":\"%s\"}\n", code,
                      stage, name, escaped);
  if (report_page != NULL) {
    snprintf(report_page, report_room, "%s", line);
    return;
  }
  /* One write below PIPE_BUF is atomic. */
  if (status_descriptor >= 0 && write(status_descriptor, line, (size_t)size) == size) return;
  dprintf(STDERR_FILENO, "codex-linux-sandbox: %s (%s)\n", message, name);
}

_Noreturn void fail(const char *stage, const char *format, ...) {
  const char *name = error_name(errno);
  char message[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  if (before_failure != NULL) before_failure();
  report("sandbox_unavailable", stage, name, message);
  _exit(EXIT_HELPER);
}

_Noreturn void fail_start(int code, const char *what, const char *path) {
  int error = errno;
  char message[600];
  snprintf(message, sizeof message, "%s %.400s: %s", what, path, strerror(error));
  report(code == EXIT_NOT_FOUND ? "not_found" : "not_executable", "command", error_name(error), message);
  _exit(code);
}
