/*
 * The second layer where mounts hold, the only one for files where namespaces are refused: reading everywhere,
 * writing below the writable roots and to a few devices. Landlock cannot take anything out of a granted tree.
 */
#include "helper.h"

/* uapi/linux/landlock.h; headers of Debian 12 end at ABI 2. */
#define ACCESS_EXECUTE (1ull << 0)
#define ACCESS_WRITE_FILE (1ull << 1)
#define ACCESS_READ_FILE (1ull << 2)
#define ACCESS_READ_DIRECTORY (1ull << 3)
#define ACCESS_UP_TO_ABI_1 ((1ull << 13) - 1)
#define ACCESS_REFER (1ull << 13)
#define ACCESS_TRUNCATE (1ull << 14)
#define ACCESS_DEVICE_CONTROL (1ull << 15)
#define NET_BIND_AND_CONNECT_TCP 3ull
#define SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS 3ull
#define CREATE_VERSION 1u
#define RULE_PATH_BENEATH 1

struct ruleset_attributes {
  uint64_t files, network, scoped;
};

struct path_beneath {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

int landlock_abi(void) {
  long abi = syscall(NR_LANDLOCK_CREATE_RULESET, NULL, 0, CREATE_VERSION);
  return abi < 0 ? 0 : (int)abi;
}

static uint64_t handled_files(int abi) {
  uint64_t handled = ACCESS_UP_TO_ABI_1;
  if (abi >= 2) handled |= ACCESS_REFER;
  if (abi >= 3) handled |= ACCESS_TRUNCATE;
  if (abi >= 5) handled |= ACCESS_DEVICE_CONTROL;
  return handled;
}

/* A root is opened exactly: a symbolic link that appeared on the way to it must not open another tree. */
static void allow(int ruleset, const char *path, uint64_t allowed) {
  int file = open_exact(path, O_PATH);
  if (file < 0) {
    if (errno == ENOENT) return;
    fail("landlock", "cannot open %s", path);
  }
  struct stat facts;
  if (fstat(file, &facts) != 0) fail("landlock", "cannot look at %s", path);
  if (!S_ISDIR(facts.st_mode)) {
    allowed &= ACCESS_EXECUTE | ACCESS_WRITE_FILE | ACCESS_READ_FILE | ACCESS_TRUNCATE | ACCESS_DEVICE_CONTROL;
  }
  struct path_beneath rule = {.allowed = allowed, .parent = file};
  if (syscall(NR_LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0)
    fail("landlock", "cannot add a rule for %s", path);
  close(file);
}

static void allow_devices(int ruleset, uint64_t handled, bool own_devices) {
  static const char *const HOST_DEVICES[] = {"/dev/null", "/dev/zero",    "/dev/full", "/dev/random",
                                             "/dev/tty",  "/dev/urandom", "/dev/ptmx", "/dev/pts"};
  uint64_t usable = handled & (ACCESS_READ_FILE | ACCESS_READ_DIRECTORY | ACCESS_WRITE_FILE | ACCESS_TRUNCATE |
                               ACCESS_DEVICE_CONTROL);
  if (own_devices) {
    allow(ruleset, "/dev", usable);
    allow(ruleset, "/dev/shm", handled & ~ACCESS_DEVICE_CONTROL);
    return;
  }
  for (size_t index = 0; index < sizeof HOST_DEVICES / sizeof *HOST_DEVICES; index++)
    allow(ruleset, HOST_DEVICES[index], usable);
}

void confine_landlock(struct state *state) {
  const struct options *options = state->options;
  if (WITHOUT == LAYER_LANDLOCK) return;
  state->landlock = landlock_abi();
  if (state->landlock == 0) {
    if (options->namespaces) return; /* the mounts hold the policy alone */
    fail("landlock", "this kernel has no Landlock");
  }
  /* Before ABI 3 a file outside the roots could be truncated; nothing else here would forbid it. */
  errno = ENOSYS;
  if (!options->namespaces && state->landlock < 3) fail("landlock", "Landlock here is too old (ABI %d)", state->landlock);

  struct ruleset_attributes attributes = {.files = handled_files(state->landlock)};
  size_t size = 8;
  if (state->landlock >= 4) size = 16;
  if (state->landlock >= 6) size = 24;
  if (state->landlock >= 4 && !options->network && !state->own_network) attributes.network = NET_BIND_AND_CONNECT_TCP;
  if (state->landlock >= 6) attributes.scoped = SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS;
  int ruleset = (int)syscall(NR_LANDLOCK_CREATE_RULESET, &attributes, size, 0);
  if (ruleset < 0) fail("landlock", "cannot create a ruleset");

  allow(ruleset, "/", ACCESS_READ_FILE | ACCESS_READ_DIRECTORY | ACCESS_EXECUTE);
  allow_devices(ruleset, attributes.files, options->namespaces);
  for (size_t index = 0; index < options->rule_count; index++) {
    const struct rule *rule = &options->rules[index];
    if (rule->access == ACCESS_WRITE && rule->path != NULL) allow(ruleset, rule->path, attributes.files);
  }
  if (syscall(NR_LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0) fail("landlock", "cannot enforce the ruleset");
  close(ruleset);
}
