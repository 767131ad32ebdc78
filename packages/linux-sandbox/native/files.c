/*
 * Serves file operations to a parent that may not be trusted with more than the policy: frames on stdin, answers on
 * stdout, one after the other (README, "Frames"). The kernel says yes or no; nothing is checked here.
 */
#include "helper.h"

#include <dirent.h>
#include <limits.h>

enum { MOST = 256 << 20 };
enum { VERB_READ = 1, VERB_WRITE, VERB_REMOVE, VERB_RENAME, VERB_MKDIR, VERB_LIST, VERB_STAT };
enum { KIND_DONE, KIND_FAILED, KIND_ABSENT };

struct request {
  unsigned char verb;
  int error; /* of the paths, found while they were read */
  uint64_t limit;
  char path[PATH_MAX];
  char other[PATH_MAX];
  unsigned char *data;
  size_t size;
};

struct buffer {
  unsigned char *data;
  size_t used, room;
};

static struct buffer answer;

static void append(const void *data, size_t size) {
  if (answer.used + size > answer.room) {
    answer.room = (answer.used + size) * 2 + 256;
    answer.data = realloc(answer.data, answer.room);
    if (answer.data == NULL) _exit(EXIT_HELPER);
  }
  memcpy(answer.data + answer.used, data, size);
  answer.used += size;
}

static void append_number(uint64_t value, size_t bytes) {
  unsigned char little[8];
  for (size_t index = 0; index < bytes; index++) little[index] = (unsigned char)(value >> (8 * index));
  append(little, bytes);
}

/* An answer begins with its size (filled in when it is sent) and its kind. */
static void begin(unsigned char kind) {
  answer.used = 0;
  append_number(0, 4);
  append_number(kind, 1);
}

static void answer_failure(int error, const char *path) {
  char escaped[PATH_MAX * 2], text[PATH_MAX * 2 + 200];
  json_escape(escaped, sizeof escaped, path);
  int size = snprintf(text, sizeof text, "{\"errno\":\"%s\",\"path\":\"%s\",\"message\":\"%s\"}", error_name(error),
                      escaped, strerror(error));
  begin(KIND_FAILED);
  append(text, (size_t)size);
}

static void answer_read(const struct request *request) {
  int file = open(request->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0 && (errno == ENOENT || errno == ENOTDIR)) return begin(KIND_ABSENT);
  if (file < 0) return answer_failure(errno, request->path);
  struct stat facts;
  int error = 0;
  if (fstat(file, &facts) != 0) error = errno;
  else if (S_ISDIR(facts.st_mode)) error = EISDIR;
  else if (!S_ISREG(facts.st_mode)) error = EINVAL;
  begin(KIND_DONE);
  /* Not the size the file claims: /proc claims none, and a growing file has no end. */
  static unsigned char piece[1 << 16];
  while (error == 0) {
    ssize_t got = read(file, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    append(piece, (size_t)got);
    if (answer.used - 5 > request->limit || answer.used > MOST) error = EFBIG;
  }
  close(file);
  if (error != 0) answer_failure(error, request->path);
}

static void append_entry(const char *name, const struct stat *facts) {
  unsigned type = S_ISREG(facts->st_mode) ? 0 : S_ISDIR(facts->st_mode) ? 1 : S_ISLNK(facts->st_mode) ? 2 : 3;
  append_number(type, 1);
  append_number(facts->st_mode & 07777, 4);
  append_number((uint64_t)facts->st_size, 8);
  append_number(strlen(name), 4);
  append(name, strlen(name));
}

static void answer_stat(const struct request *request) {
  struct stat facts;
  if (lstat(request->path, &facts) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return begin(KIND_ABSENT);
    return answer_failure(errno, request->path);
  }
  begin(KIND_DONE);
  const char *slash = strrchr(request->path, '/');
  append_entry(slash[1] == 0 ? "/" : slash + 1, &facts);
}

static void answer_list(const struct request *request) {
  DIR *directory = opendir(request->path);
  if (directory == NULL) return answer_failure(errno, request->path);
  begin(KIND_DONE);
  struct dirent *entry;
  while (errno = 0, (entry = readdir(directory)) != NULL) {
    struct stat facts;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (fstatat(dirfd(directory), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue; /* gone meanwhile */
    append_entry(entry->d_name, &facts);
    if (answer.used > MOST) break;
  }
  int error = answer.used > MOST ? EFBIG : errno;
  closedir(directory);
  if (error != 0 && error != ENOENT) answer_failure(error, request->path);
}

static int make_directories(char *path, const char **culprit) {
  *culprit = path;
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    struct stat facts;
    /* EROFS and EACCES come before EEXIST for parents outside the roots, so look first. */
    if (stat(path, &facts) != 0 && mkdir(path, 0777) != 0 && errno != EEXIST) return -1;
    *slash = '/';
  }
  struct stat facts;
  if (mkdir(path, 0777) == 0) return 0;
  int error = errno;
  if (stat(path, &facts) == 0 && S_ISDIR(facts.st_mode)) return 0;
  errno = error;
  return -1;
}

static int remove_file(const char *path) {
  struct stat facts;
  if (lstat(path, &facts) != 0) return -1;
  if (S_ISDIR(facts.st_mode)) return errno = EISDIR, -1;
  return unlink(path);
}

static void answer_change(struct request *request) {
  const char *culprit = request->path;
  int result = -1;
  switch (request->verb) {
    case VERB_WRITE:
      result = replace_file(request->path, request->data, request->size, &culprit);
      break;
    case VERB_REMOVE:
      result = remove_file(request->path);
      break;
    case VERB_RENAME:
      result = move_file(request->path, request->other, &culprit);
      break;
    case VERB_MKDIR:
      result = make_directories(request->path, &culprit);
      break;
    default:
      errno = ENOSYS;
  }
  if (result != 0) return answer_failure(errno, culprit);
  begin(KIND_DONE);
}

static void answer_request(struct request *request) {
  if (request->error != 0) return answer_failure(request->error, request->path);
  if (request->path[0] != '/' || (request->verb == VERB_RENAME && request->other[0] != '/'))
    return answer_failure(EINVAL, request->path);
  if (request->verb == VERB_READ) return answer_read(request);
  if (request->verb == VERB_LIST) return answer_list(request);
  if (request->verb == VERB_STAT) return answer_stat(request);
  answer_change(request);
}

/* False at the end of the input, wherever it comes. */
static bool receive(void *target, size_t size) {
  unsigned char *next = target;
  while (size > 0) {
    ssize_t got = read(STDIN_FILENO, next, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    next += got;
    size -= (size_t)got;
  }
  return true;
}

static void send_answer(void) {
  for (size_t index = 0; index < 4; index++) answer.data[index] = (unsigned char)((answer.used - 4) >> (8 * index));
  for (size_t sent = 0; sent < answer.used;) {
    ssize_t written = write(STDOUT_FILENO, answer.data + sent, answer.used - sent);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(0); /* nobody reads any more */
    sent += (size_t)written;
  }
}

static uint64_t take_number(const unsigned char **next, size_t bytes) {
  uint64_t value = 0;
  for (size_t index = 0; index < bytes; index++) value |= (uint64_t)(*next)[index] << (8 * index);
  *next += bytes;
  return value;
}

/*
 * False: the frame is not one of ours, and the stream cannot be trusted any more. A path that cannot be one is kept
 * as far as it goes, with the error to answer.
 */
static bool take_path(const unsigned char **next, const unsigned char *end, char *path, int *error) {
  if (end - *next < 4) return false;
  uint64_t size = take_number(next, 4);
  if ((size_t)(end - *next) < size) return false;
  size_t kept = size < PATH_MAX ? size : PATH_MAX - 1;
  memcpy(path, *next, kept);
  path[kept] = 0;
  if (kept != size) *error = ENAMETOOLONG;
  else if (strlen(path) != size) *error = EINVAL;
  *next += size;
  return true;
}

static bool take_request(struct request *request, const unsigned char *frame, size_t size) {
  const unsigned char *next = frame, *end = frame + size;
  if (size < 9) return false;
  request->verb = (unsigned char)take_number(&next, 1);
  request->limit = take_number(&next, 8);
  request->error = 0;
  if (!take_path(&next, end, request->path, &request->error)) return false;
  if (!take_path(&next, end, request->other, &request->error)) return false;
  request->data = (unsigned char *)(uintptr_t)next;
  request->size = (size_t)(end - next);
  return true;
}

_Noreturn void serve_files(void) {
  static struct request request;
  unsigned char prefix[4];
  while (receive(prefix, sizeof prefix)) {
    const unsigned char *next = prefix;
    size_t size = take_number(&next, 4);
    unsigned char *frame = size > MOST ? NULL : malloc(size + 1);
    if (frame == NULL) _exit(EXIT_HELPER);
    if (!receive(frame, size)) break;
    if (!take_request(&request, frame, size)) _exit(EXIT_HELPER);
    answer_request(&request);
    send_answer();
    free(frame);
  }
  _exit(0);
}
