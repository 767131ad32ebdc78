/*
 * Replacing a user's file: mode, owner, attributes, symbolic and hard links stay, and a reader sees the old bytes or
 * the new ones. A file with one link is replaced by a rename; others, and those whose facts cannot be copied, are
 * written in place with the old bytes kept to go back to.
 */
#include "helper.h"

#include <limits.h>
#include <sys/xattr.h>

static int write_all(int file, const unsigned char *data, size_t size, off_t offset) {
  while (size > 0) {
    ssize_t written = pwrite(file, data, size, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    data += written;
    offset += written;
    size -= (size_t)written;
  }
  return 0;
}

static unsigned char *read_all(int file, size_t size) {
  unsigned char *data = malloc(size + 1);
  size_t used = 0;
  while (data != NULL && used < size) {
    ssize_t got = pread(file, data + used, size - used, (off_t)used);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      free(data);
      return NULL;
    }
    used += (size_t)got;
  }
  return data;
}

/* Access lists and labels. False: something could not be carried over. */
static bool copy_attributes(int from, int to) {
  char names[4096], value[4096];
  ssize_t size = flistxattr(from, names, sizeof names);
  if (size < 0) return errno == EOPNOTSUPP;
  for (const char *name = names; name < names + size; name += strlen(name) + 1) {
    ssize_t length = fgetxattr(from, name, value, sizeof value);
    if (length < 0 || fsetxattr(to, name, value, (size_t)length, 0) != 0) return false;
  }
  return true;
}

static bool copy_facts(int from, const struct stat *facts, int to) {
  struct stat fresh;
  if (fstat(to, &fresh) != 0) return false;
  bool owner = fresh.st_uid == facts->st_uid && fresh.st_gid == facts->st_gid;
  if (!owner && fchown(to, facts->st_uid, facts->st_gid) != 0) return false;
  return copy_attributes(from, to) && fchmod(to, facts->st_mode & 07777) == 0;
}

static int write_in_place(const char *path, const unsigned char *data, size_t size) {
  int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return -1;
  struct stat facts;
  unsigned char *old = fstat(file, &facts) == 0 ? read_all(file, (size_t)facts.st_size) : NULL;
  int result = old == NULL ? -1 : 0;
  if (result == 0 && (write_all(file, data, size, 0) != 0 || ftruncate(file, (off_t)size) != 0)) {
    int error = errno;
    /* The old bytes had their blocks a moment ago. */
    if (write_all(file, old, (size_t)facts.st_size, 0) == 0 && ftruncate(file, facts.st_size) == 0) errno = error;
    result = -1;
  }
  int error = errno;
  free(old);
  close(file);
  errno = error;
  return result;
}

static int open_temporary(char *temporary, size_t size, const char *path, mode_t mode) {
  const char *name = strrchr(path, '/') + 1;
  static unsigned counter;
  for (int attempt = 0; attempt < 100; attempt++) {
    snprintf(temporary, size, "%.*s.%.200s.%d-%u.tmp", (int)(name - path), path, name, (int)getpid(), counter++);
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (file >= 0 || errno != EEXIST) return file;
  }
  return -1;
}

/* `old` is the file to be replaced, or -1. 1: not possible this way, nothing has changed. */
static int write_beside(const char *path, int old, const struct stat *facts, const unsigned char *data, size_t size) {
  char temporary[PATH_MAX + 256];
  int file = open_temporary(temporary, sizeof temporary, path, old < 0 ? 0666 : 0600);
  if (file < 0) return old < 0 ? -1 : 1;
  int result = write_all(file, data, size, 0);
  if (result == 0 && old >= 0 && !copy_facts(old, facts, file)) result = 1;
  if (close(file) != 0 && result == 0) result = -1;
  if (result == 0 && rename(temporary, path) != 0) result = old < 0 ? -1 : 1;
  if (result != 0) {
    int error = errno;
    unlink(temporary);
    errno = error;
  }
  return result;
}

/* Where the bytes go: the end of the chain of symbolic links, whether it exists or not. */
static int follow_links(const char *path, char *target) {
  if (strlen(path) >= PATH_MAX) return errno = ENAMETOOLONG, -1;
  strcpy(target, path);
  for (int hops = 0; hops < 40; hops++) {
    char link[PATH_MAX];
    ssize_t size = readlink(target, link, sizeof link - 1);
    if (size < 0) return errno == EINVAL || errno == ENOENT ? 0 : -1;
    link[size] = 0;
    size_t directory = link[0] == '/' ? 0 : (size_t)(strrchr(target, '/') + 1 - target);
    if (directory + (size_t)size >= PATH_MAX) return errno = ENAMETOOLONG, -1;
    memcpy(target + directory, link, (size_t)size + 1);
  }
  return errno = ELOOP, -1;
}

int replace_file(const char *path, const unsigned char *data, size_t size, const char **culprit) {
  static char target[PATH_MAX];
  *culprit = path;
  if (follow_links(path, target) != 0) return -1;
  if (strcmp(target, path) != 0) *culprit = target;
  int old = open(target, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (old < 0 && errno == ENOENT) return write_beside(target, -1, NULL, data, size);
  if (old < 0) return errno == EACCES ? write_in_place(target, data, size) : -1;
  struct stat facts;
  int result = fstat(old, &facts);
  if (result == 0 && !S_ISREG(facts.st_mode)) {
    errno = S_ISDIR(facts.st_mode) ? EISDIR : EINVAL;
    result = -1;
  }
  /* What may not be written to may not be replaced either. */
  if (result == 0 && faccessat(AT_FDCWD, target, W_OK, AT_EACCESS) != 0) result = -1;
  if (result == 0) result = facts.st_nlink == 1 ? write_beside(target, old, &facts, data, size) : 1;
  if (result == 1) result = write_in_place(target, data, size);
  int error = errno;
  close(old);
  errno = error;
  return result;
}

/* Two writable roots are two mounts, and a rename does not cross them. */
static int move_across(const char *from, const char *to, const char **culprit) {
  int file = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return -1;
  struct stat facts;
  unsigned char *data = NULL;
  int result = fstat(file, &facts);
  errno = EXDEV;
  if (result == 0 && S_ISREG(facts.st_mode)) data = read_all(file, (size_t)facts.st_size);
  close(file);
  if (data == NULL) return -1;
  result = replace_file(to, data, (size_t)facts.st_size, culprit);
  free(data);
  if (result != 0 || chmod(to, facts.st_mode & 07777) != 0) return -1;
  *culprit = from;
  return unlink(from);
}

int move_file(const char *from, const char *to, const char **culprit) {
  *culprit = to;
  if (rename(from, to) == 0) return 0;
  if (errno == EXDEV) return move_across(from, to, culprit);
  struct stat facts;
  int error = errno;
  if (lstat(from, &facts) != 0) *culprit = from;
  errno = error;
  return -1;
}
