/* The last stage, in the process that becomes the command: layers that bind it alone, then execution. */
#include "helper.h"

_Noreturn void become_command(struct state *state) {
  const struct options *options = state->options;
  if (options->cwd != NULL && chdir(options->cwd) != 0) fail_start(EXIT_NOT_FOUND, "working directory", options->cwd);
  if (options->mode != MODE_UNCONFINED) {
    if (!options->namespaces) drop_privileges();
    confine_landlock(state);
    confine_syscalls(state);
  }
  if (options->mode == MODE_FILES) {
    close(status_descriptor);
    serve_files();
  }
  execvp(options->command[0], options->command);
  bool missing = errno == ENOENT || errno == ENOTDIR;
  fail_start(missing ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "cannot execute", options->command[0]);
}
