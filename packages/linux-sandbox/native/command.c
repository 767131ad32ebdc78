/* The last stage, in the process that becomes the command: layers that bind it alone, then execution. */
#include "helper.h"

/* A folder of $PATH that is closed to us makes execvp say EACCES even where no folder has such a program. */
static bool is_on_path(const char *name) {
  const char *folders = getenv("PATH");
  if (strchr(name, '/') != NULL || folders == NULL) return true;
  for (const char *folder = folders;; folder++) {
    char path[4096];
    size_t size = strcspn(folder, ":");
    int length = snprintf(path, sizeof path, "%.*s/%s", (int)size, folder, name);
    if (length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0) return true;
    folder += size;
    if (*folder == 0) return false;
  }
}

_Noreturn void become_command(struct state *state) {
  const struct options *options = state->options;
  if (chdir(options->cwd) != 0) fail_start(EXIT_NOT_FOUND, "working directory", options->cwd);
  if (options->mode != MODE_UNCONFINED) {
    if (!options->namespaces) drop_privileges();
    confine_landlock(state);
    confine_syscalls(state);
  }
  restore_limits();
  if (options->mode == MODE_FILES) {
    close_from(3);
    serve_files();
  }
  if (WITHOUT != LAYER_DESCRIPTORS) close_from(status_descriptor < 0 ? 3 : 4); /* all are close-on-exec */
  execvp(options->command[0], options->command);
  if (errno == EACCES && !is_on_path(options->command[0])) errno = ENOENT;
  bool missing = errno == ENOENT || errno == ENOTDIR;
  fail_start(missing ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "cannot execute", options->command[0]);
}
