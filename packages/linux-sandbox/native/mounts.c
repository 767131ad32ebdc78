/*
 * The tree as the command sees it: everything read-only, writable roots opened again, protected paths closed again,
 * denied ones covered, a fresh /proc and a small /dev. Trees are taken before anything changes and put back by
 * descriptor, shallow before deep, and only onto the very file they were taken from: a path that changes meanwhile
 * or crosses a symbolic link is an error, never a gap.
 */
#include "helper.h"

struct piece {
  enum access access;
  const char *path;
  int tree; /* detached clone, or -1: a cover is made */
  dev_t device;
  ino_t file;
  mode_t type;
};

static struct piece *pieces;
static size_t piece_count;
static size_t piece_room;

static size_t depth_of(const char *path) {
  size_t depth = 0;
  for (; *path != 0; path++) depth += *path == '/' && path[1] != 0;
  return depth;
}

static bool is_below(const char *path, const char *ancestor) {
  size_t size = strlen(ancestor);
  if (size == 1) return path[1] != 0;
  return strncmp(path, ancestor, size) == 0 && path[size] == '/';
}

static bool same_or_below(const char *path, const char *ancestor) {
  return strcmp(path, ancestor) == 0 || is_below(path, ancestor);
}

/* Shallow first; on one path the stricter rule is put on top. */
static int compare_pieces(const void *left, const void *right) {
  const struct piece *one = left, *other = right;
  size_t depth = depth_of(one->path), other_depth = depth_of(other->path);
  if (depth != other_depth) return depth < other_depth ? -1 : 1;
  int order = strcmp(one->path, other->path);
  return order != 0 ? order : (int)one->access - (int)other->access;
}

static void identify(struct piece *piece, int file) {
  struct stat facts;
  if (fstat(file, &facts) != 0) fail("mounts", "cannot look at %s", piece->path);
  piece->device = facts.st_dev;
  piece->file = facts.st_ino;
  piece->type = facts.st_mode & S_IFMT;
}

static void take_piece(enum access access, const char *path) {
  for (size_t index = 0; index < piece_count; index++)
    if (strcmp(pieces[index].path, path) == 0 && pieces[index].access == access) return;
  int file = open_exact(path, O_PATH);
  if (file < 0 && errno == ELOOP) fail("mounts", "%s: a symbolic link is on the way to it", path);
  bool absent = errno == ENOENT || errno == ENOTDIR || errno == EACCES;
  if (file < 0 && access == ACCESS_DENIED && absent) return; /* nothing to hide */
  if (file < 0) fail("mounts", "cannot open %s", path);
  if (piece_count == piece_room) {
    piece_room = piece_room * 2 + 16;
    pieces = realloc(pieces, piece_room * sizeof *pieces);
    if (pieces == NULL) fail("mounts", "out of memory");
  }
  struct piece *piece = &pieces[piece_count++];
  *piece = (struct piece){.access = access, .path = path, .tree = -1};
  identify(piece, file);
  if (access != ACCESS_DENIED) {
    piece->tree = open_tree_clone(file, "", AT_EMPTY_PATH);
    uint64_t flags = TREE_NO_SUID | TREE_NO_DEVICES | (access == ACCESS_READ_ONLY ? TREE_READ_ONLY : 0);
    if (piece->tree < 0 || set_tree(piece->tree, "", AT_EMPTY_PATH | TREE_RECURSIVE, flags) != 0)
      fail("mounts", "cannot clone %s", path);
  }
  close(file);
}

/*
 * Directories between a writable root and a closed path in it are mounted onto themselves: a mount point cannot be
 * renamed or removed, so nobody can put another tree in the place of the closed one.
 */
static void pin_ancestors(const struct options *options, const char *path) {
  const struct rule *around = NULL;
  for (size_t index = 0; index < options->rule_count; index++) {
    const struct rule *rule = &options->rules[index];
    if (rule->path == NULL || !is_below(path, rule->path)) continue;
    bool deeper = around == NULL || is_below(rule->path, around->path);
    bool stricter = around != NULL && strcmp(rule->path, around->path) == 0 && rule->access > around->access;
    if (deeper || stricter) around = rule;
  }
  if (around == NULL || around->access != ACCESS_WRITE) return; /* nobody can move anything there */
  size_t start = strlen(around->path) == 1 ? 0 : strlen(around->path);
  for (const char *slash = strchr(path + start + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    char *ancestor = strndup(path, (size_t)(slash - path));
    if (ancestor == NULL) fail("mounts", "out of memory");
    take_piece(ACCESS_WRITE, ancestor);
  }
}

static void take_pieces(const struct options *options) {
  for (size_t index = 0; index < options->rule_count; index++) {
    const struct rule *rule = &options->rules[index];
    if (rule->path == NULL || strcmp(rule->path, "/") == 0) continue;
    bool system = same_or_below(rule->path, "/proc") || same_or_below(rule->path, "/sys") ||
                  (same_or_below(rule->path, "/dev") && !same_or_below(rule->path, "/dev/shm"));
    errno = EINVAL;
    if (rule->access == ACCESS_WRITE && system) fail("mounts", "%s cannot be a writable root", rule->path);
    if (system) continue; /* replaced by ours, or read-only anyway */
    take_piece(rule->access, rule->path);
    if (rule->access != ACCESS_WRITE) pin_ancestors(options, rule->path);
  }
  if (piece_count > 0) qsort(pieces, piece_count, sizeof *pieces, compare_pieces);
}

static bool whole_tree_is_writable(const struct options *options) {
  for (size_t index = 0; index < options->rule_count; index++) {
    const struct rule *rule = &options->rules[index];
    if (rule->access == ACCESS_WRITE && rule->path != NULL && strcmp(rule->path, "/") == 0) return true;
  }
  return false;
}

static void close_tree(const struct options *options) {
  uint64_t flags = TREE_NO_SUID | TREE_NO_DEVICES;
  bool writable = whole_tree_is_writable(options);
  if (set_tree(AT_FDCWD, "/", TREE_RECURSIVE, writable ? flags : flags | TREE_READ_ONLY) != 0)
    fail("mounts", "cannot make the tree read-only");
  if (!writable || set_tree(AT_FDCWD, "/sys", TREE_RECURSIVE, flags | TREE_READ_ONLY) == 0) return;
  if (errno != ENOENT && errno != EINVAL) fail("mounts", "cannot make /sys read-only"); /* EINVAL: an empty directory */
}

static const char *const DEVICES[] = {"null", "zero", "full", "random", "urandom", "tty", "console"};
enum { DEVICE_COUNT = sizeof DEVICES / sizeof *DEVICES, CONSOLE = DEVICE_COUNT - 1 };

/* The command's own terminal: its name in the host's /dev/pts is gone inside, and `tty` looks for another in /dev. */
static int take_terminal(const struct options *options) {
  char path[64];
  ssize_t size = options->tty ? readlink("/proc/self/fd/0", path, sizeof path - 1) : -1;
  if (size < 0) return -1;
  path[size] = 0;
  struct stat ours, there;
  int tree = open_tree_clone(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  bool same = tree >= 0 && fstat(STDIN_FILENO, &ours) == 0 && fstat(tree, &there) == 0 && S_ISCHR(there.st_mode) &&
              ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
  if (tree >= 0 && !same) close(tree);
  return same ? tree : -1;
}

static void take_devices(const struct options *options, int *trees) {
  for (size_t index = 0; index < DEVICE_COUNT; index++) {
    char path[32];
    snprintf(path, sizeof path, "/dev/%s", DEVICES[index]);
    trees[index] = index == CONSOLE ? take_terminal(options) : open_tree_clone(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
    /* Read-only still lets a device be written to; it keeps its mode and times from being changed. */
    if (trees[index] >= 0 && set_tree(trees[index], "", AT_EMPTY_PATH, TREE_READ_ONLY | TREE_NO_SUID) != 0)
      fail("devices", "cannot clone %s", path);
  }
}

static void make_devices(const int *trees) {
  if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=64k") != 0)
    fail("devices", "cannot mount /dev");
  for (size_t index = 0; index < DEVICE_COUNT; index++) {
    if (trees[index] < 0) continue;
    char path[32];
    snprintf(path, sizeof path, "/dev/%s", DEVICES[index]);
    int file = open(path, O_CREAT | O_RDONLY | O_CLOEXEC, 0444);
    if (file < 0 || attach_tree(trees[index], file) != 0) fail("devices", "cannot mount %s", path);
    close(file);
    close(trees[index]);
  }
  bool made = mkdir("/dev/pts", 0755) == 0 && mkdir("/dev/shm", 01777) == 0 && symlink("pts/ptmx", "/dev/ptmx") == 0 &&
              symlink("/proc/self/fd", "/dev/fd") == 0 && symlink("/proc/self/fd/0", "/dev/stdin") == 0 &&
              symlink("/proc/self/fd/1", "/dev/stdout") == 0 && symlink("/proc/self/fd/2", "/dev/stderr") == 0;
  if (!made) fail("devices", "cannot fill /dev");
  if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620") != 0)
    fail("devices", "cannot mount /dev/pts");
  if (mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0)
    fail("devices", "cannot mount /dev/shm");
  if (set_tree(AT_FDCWD, "/dev", 0, TREE_READ_ONLY) != 0) fail("devices", "cannot make /dev read-only");
}

/* A detached, empty, unreadable file system; with roots to be opened again below, one that lets through to them. */
static int make_cover(const struct piece *piece) {
  bool passage = false;
  for (size_t index = 0; index < piece_count; index++)
    passage |= pieces[index].access == ACCESS_WRITE && is_below(pieces[index].path, piece->path);
  int context = (int)syscall(NR_FSOPEN, "tmpfs", 1u);
  const char *mode = passage ? "0111" : "0000";
  if (context < 0 || syscall(NR_FSCONFIG, context, CONFIGURE_SET_STRING, "mode", mode, 0) != 0 ||
      syscall(NR_FSCONFIG, context, CONFIGURE_SET_STRING, "size", "64k", 0) != 0 ||
      syscall(NR_FSCONFIG, context, CONFIGURE_CREATE, NULL, NULL, 0) != 0)
    fail("denied", "cannot cover %s", piece->path);
  int cover = (int)syscall(NR_FSMOUNT, context, 1u, (unsigned)(TREE_NO_SUID | TREE_NO_DEVICES | TREE_NO_EXEC));
  if (cover < 0) fail("denied", "cannot cover %s", piece->path);
  close(context);
  return cover;
}

/* Below a cover or in the fresh /dev/shm the place to mount on does not exist; nowhere else may it be made. */
static void make_mount_point(const char *path) {
  char part[4096];
  snprintf(part, sizeof part, "%s", path);
  for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(part, 0111);
    *slash = '/';
  }
  mkdir(part, 0111);
}

static bool stands_on_ours(const struct piece *piece) {
  if (is_below(piece->path, "/dev/shm") || strcmp(piece->path, "/dev/shm") == 0) return true;
  for (size_t index = 0; index < piece_count; index++)
    if (pieces[index].access == ACCESS_DENIED && is_below(piece->path, pieces[index].path)) return true;
  return false;
}

static void put_piece(struct piece *piece) {
  bool ours = stands_on_ours(piece);
  /* What lies hidden below a cover needs no cover of its own. */
  if (ours && piece->access != ACCESS_WRITE && open_exact(piece->path, O_PATH) < 0) return;
  if (ours && piece->type == S_IFDIR) make_mount_point(piece->path);
  int target = open_exact(piece->path, O_PATH);
  if (target < 0) fail("mounts", "cannot open %s", piece->path);
  struct piece there = {.path = piece->path};
  identify(&there, target);
  bool same = there.device == piece->device && there.file == piece->file;
  errno = ESTALE;
  if (!same && !ours) fail("mounts", "%s was replaced while the sandbox was set up", piece->path);

  int tree = piece->tree;
  if (piece->access == ACCESS_DENIED) {
    tree = piece->type == S_IFDIR ? make_cover(piece) : open_tree_clone(AT_FDCWD, "/proc/.denied", 0);
    if (tree < 0) fail("denied", "cannot cover %s", piece->path);
  }
  if (attach_tree(tree, target) != 0) fail("mounts", "cannot mount %s", piece->path);
  close(tree);
  close(target);
}

/* Files are covered with one empty file that nobody may open; it stands on a mount that /proc hides later. */
static void make_file_cover(void) {
  bool needed = false;
  for (size_t index = 0; index < piece_count; index++)
    needed |= pieces[index].access == ACCESS_DENIED && pieces[index].type != S_IFDIR;
  if (!needed) return;
  if (mount("tmpfs", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=64k") != 0)
    fail("denied", "cannot mount a cover");
  int file = open("/proc/.denied", O_CREAT | O_RDONLY | O_CLOEXEC, 0000);
  if (file < 0 || set_tree(AT_FDCWD, "/proc", 0, TREE_READ_ONLY) != 0) fail("denied", "cannot make a cover");
  close(file);
}

static void seal_covers(void) {
  for (size_t index = 0; index < piece_count; index++) {
    const struct piece *piece = &pieces[index];
    if (piece->access != ACCESS_DENIED || piece->type != S_IFDIR) continue;
    int cover = open_exact(piece->path, O_PATH);
    if (cover < 0) continue; /* itself below a cover */
    if (set_tree(cover, "", AT_EMPTY_PATH, TREE_READ_ONLY) != 0) fail("denied", "cannot seal %s", piece->path);
    close(cover);
  }
}

void confine_mounts(const struct options *options) {
  if (WITHOUT == LAYER_MOUNTS) return;
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail("mounts", "cannot make mounts private");
  int devices[DEVICE_COUNT];
  take_devices(options, devices);
  take_pieces(options);
  close_tree(options);
  make_devices(devices);
  make_file_cover();
  for (size_t index = 0; index < piece_count; index++) put_piece(&pieces[index]);
  seal_covers();
  if (WITHOUT == LAYER_PROCESSES) return;
  /* Read-only, since a uid 0 without capabilities still owns /proc/sys. */
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) != 0)
    fail("proc", "cannot mount /proc");
}
