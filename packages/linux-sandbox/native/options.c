/* argv -> options. Unknown words are errors: a policy that is half understood is not enforced. */
#include "helper.h"

static const char USAGE[] =
    "codex-linux-sandbox: confines one command. Made by @codex/linux-sandbox, which is the place to call it from.\n"
    "  run        [POLICY] [--cwd DIR] [--tty] [--status-fd N] [--parent PID] -- COMMAND...\n"
    "  files      [POLICY] [--status-fd N] [--parent PID]       serves file operations on stdin and stdout\n"
    "  unconfined [--cwd DIR] [--tty] [--status-fd N] [--parent PID] -- COMMAND...\n"
    "  serve      --status-fd N [--parent PID]                   starts many commands; see serve.c\n"
    "  probe                                                     prints what this kernel can enforce\n"
    "POLICY: --write PATH, --read-only PATH, --deny PATH (absolute, each any number of times),\n"
    "        --network (reach the host's network), --without-namespaces (Landlock and seccomp only),\n"
    "        --join PID:USER:NET (share the network of these descriptors of PID; USER may be -1)\n"
    "Everything is readable and nothing is writable unless said. Exit code: the command's own; 125 the sandbox could\n"
    "not be set up, 126 not executable, 127 not found. SIGUSR1 kills the whole tree.\n";

static _Noreturn void refuse(const char *what, const char *word) {
  errno = EINVAL;
  fail("options", "%s: %.200s", what, word);
}

static long number(const char *option, const char *text, long most) {
  char *end = NULL;
  errno = 0;
  long value = text == NULL ? -1 : strtol(text, &end, 10);
  if (text == NULL || *text < '0' || *text > '9' || *end != 0 || errno != 0 || value > most)
    refuse("needs a number", option);
  return value;
}

static char *absolute(const char *option, char *text) {
  if (text == NULL) refuse("needs a path", option);
  if (text[0] != '/') refuse("the path is not absolute", text);
  size_t size = strlen(text);
  if (size >= 4096) refuse("the path is too long", option);
  if (size > 1 && text[size - 1] == '/') refuse("the path ends in a slash", text);
  for (const char *part = text; part != NULL; part = strchr(part + 1, '/')) {
    size_t length = strcspn(part + 1, "/");
    bool dots = (length == 1 && part[1] == '.') || (length == 2 && part[1] == '.' && part[2] == '.');
    if (dots || (length == 0 && size > 1)) refuse("the path is not canonical", text);
  }
  return text;
}

static void add_rule(struct options *options, enum access access, char *path) {
  options->rules[options->rule_count++] = (struct rule){.access = access, .path = path};
}

static enum mode parse_mode(const char *word) {
  if (word == NULL) refuse("needs a mode", "run, files, unconfined, serve or probe");
  if (strcmp(word, "run") == 0) return MODE_RUN;
  if (strcmp(word, "files") == 0) return MODE_FILES;
  if (strcmp(word, "unconfined") == 0) return MODE_UNCONFINED;
  if (strcmp(word, "serve") == 0) return MODE_SERVE;
  if (strcmp(word, "probe") == 0) return MODE_PROBE;
  refuse("unknown mode", word);
}

static void parse_join(struct options *options, const char *text) {
  char end;
  int holder = 0;
  bool read = text != NULL && sscanf(text, "%d:%d:%d%c", &holder, &options->held.user, &options->held.net, &end) == 3;
  if (!read || holder <= 0 || options->held.user < -1 || options->held.net < 0) refuse("needs PID:USER:NET", "--join");
  options->holder = (pid_t)holder;
}

/* Returns the number of words used, 0 when the word is not such an option. */
static int parse_policy(struct options *options, char **words) {
  const char *word = words[0];
  if (strcmp(word, "--write") == 0) return add_rule(options, ACCESS_WRITE, absolute(word, words[1])), 2;
  if (strcmp(word, "--read-only") == 0) return add_rule(options, ACCESS_READ_ONLY, absolute(word, words[1])), 2;
  if (strcmp(word, "--deny") == 0) return add_rule(options, ACCESS_DENIED, absolute(word, words[1])), 2;
  if (strcmp(word, "--network") == 0) return options->network = true, 1;
  if (strcmp(word, "--join") == 0) return parse_join(options, words[1]), 2;
  if (strcmp(word, "--without-namespaces") == 0) return options->namespaces = false, 1;
  return 0;
}

static int parse_common(struct options *options, char **words) {
  const char *word = words[0];
  if (strcmp(word, "--tty") == 0) return options->tty = true, 1;
  if (strcmp(word, "--cwd") == 0) return options->cwd = absolute(word, words[1]), 2;
  if (strcmp(word, "--status-fd") == 0) {
    /* From here on, what is wrong with the words is told there. */
    options->status = status_descriptor = (int)number(word, words[1], 1023);
    return 2;
  }
  if (strcmp(word, "--parent") == 0) return options->parent = (pid_t)number(word, words[1], INT32_MAX), 2;
  return 0;
}

/* Rules that nothing here could enforce. */
static void check_rules(const struct options *options) {
  for (size_t index = 0; index < options->rule_count; index++) {
    const struct rule *rule = &options->rules[index];
    if (rule->access == ACCESS_WRITE) continue;
    if (!options->namespaces) refuse("needs namespaces", rule->path);
    if (strcmp(rule->path, "/") == 0) refuse("cannot be closed within the tree", "/");
  }
}

void parse_options(struct options *options, int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--help") == 0) {
    fputs(USAGE, stdout);
    exit(0);
  }
  *options = (struct options){.namespaces = true, .status = -1};
  options->mode = parse_mode(argc > 1 ? argv[1] : NULL);
  options->rules = calloc((size_t)argc + 1, sizeof *options->rules);
  if (options->rules == NULL) fail("options", "out of memory");

  char **words = argv + 2;
  while (argc > 2 && *words != NULL && strcmp(*words, "--") != 0) {
    int used = parse_common(options, words);
    if (used == 0 && options->mode != MODE_UNCONFINED) used = parse_policy(options, words);
    if (used == 0) refuse("unknown option", *words);
    words += used;
  }
  if (argc > 2 && *words != NULL) options->command = words + 1;

  bool takes_command = options->mode == MODE_RUN || options->mode == MODE_UNCONFINED;
  bool has_command = options->command != NULL && options->command[0] != NULL;
  if (takes_command && !has_command) refuse("needs a command after", "--");
  if (!takes_command && options->command != NULL) refuse("takes no command", argv[1]);
  if (options->mode == MODE_SERVE && options->status < 0) refuse("needs", "--status-fd");
  check_rules(options);
}
