/*
 * The helper's two parsers on made-up input, in memory of the exact size so that sanitizers see every step aside:
 * `fuzz SEED COUNT`. What is accepted is checked by rules written apart from the parsers. Prints how much was
 * accepted and refused of each; anything else is an abort.
 */
#include "../../native/helper.h"

#include <ctype.h>
#include <limits.h>
#include <setjmp.h>

static jmp_buf refused;
static char complaint[PIPE_BUF + 1];

static _Noreturn void leave(int code) {
  longjmp(refused, code == EXIT_HELPER ? 1 : 2);
}

/* One line of JSON, whatever was in the words. */
static ssize_t take_line(const void *data, size_t size) {
  if (size > PIPE_BUF || size < 3) abort();
  memcpy(complaint, data, size);
  complaint[size] = 0;
  if (complaint[0] != '{' || complaint[size - 1] != '\n' || complaint[size - 2] != '}') abort();
  for (size_t at = 0; at + 1 < size; at++)
    if ((unsigned char)complaint[at] < 0x20) abort();
  return (ssize_t)size;
}

#define _exit leave
#define write(descriptor, data, size) take_line(data, size)
#define dprintf(...) ((void)0)
#include "../../native/report.c"
#include "../../native/options.c"
int replace_file(const char *path, const unsigned char *data, size_t size, const char **culprit) {
  (void)path, (void)data, (void)size, (void)culprit;
  abort();
}
int move_file(const char *from, const char *to, const char **culprit) {
  (void)from, (void)to, (void)culprit;
  abort();
}
#include "../../native/files.c"
#undef _exit
#undef write
#undef dprintf

static uint64_t state;

static uint32_t any(uint32_t below) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)(state >> 32) % below;
}

static void insist(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz: %s\n", what);
  abort();
}

/* ── words ── */

static const char *const MODES[] = {"run", "files", "unconfined", "probe", "", "RUN", "run ", "--"};
static const char *const OPTIONS[] = {"--write",  "--read-only", "--deny",   "--network", "--without-namespaces",
                                      "--tty",    "--cwd",       "--status-fd", "--parent",
                                      "--writ",   "--Write",     "--deny=/", "-w",        "--network=1"};
static const char *const PATHS[] = {"/",       "/a",      "/a/b",   "/a b/\xc3\xa9", "/.git", "/a/...", "/a/.b",  "/\xff\n\x01",
                                    "a",       "",        "/a/",    "//",            "//a",   "/a//b",  "/.",     "/..",
                                    "/a/..",   "/a/../b", "/./a",   "/a/.",          "./a",   "..",     "/a/b/.."};
static const char *const NUMBERS[] = {"0", "3",  "1023", "1024", "2147483647", "2147483648", "99999999999999999999",
                                      "",  "-1", "+3",   " 3",   "3 ",         "3x",         "0x3"};
#define PICK(list) list[any(sizeof list / sizeof *list)]

static char *copy(const char *text, size_t size) {
  char *word = malloc(size + 1);
  insist(word != NULL, "no memory");
  memcpy(word, text, size);
  word[size] = 0;
  return word;
}

static char *huge(void) {
  static const size_t SIZES[] = {4094, 4095, 4096, 4097, 70000};
  size_t size = PICK(SIZES);
  char *word = copy("", 0);
  word = realloc(word, size + 1);
  insist(word != NULL, "no memory");
  for (size_t at = 0; at < size; at++) word[at] = at % 200 == 0 ? '/' : 'x';
  word[size] = 0;
  return word;
}

static char *noise(void) {
  size_t size = any(40);
  char *word = copy("", 0);
  word = realloc(word, size + 1);
  insist(word != NULL, "no memory");
  for (size_t at = 0; at < size; at++) word[at] = (char)(1 + any(255));
  word[size] = 0;
  return word;
}

static char *make_word(void) {
  const char *text;
  uint32_t kind = any(40);
  if (kind == 0) return huge();
  if (kind <= 2) return noise();
  if (kind <= 4) text = "--";
  else if (kind <= 18) text = PICK(OPTIONS);
  else if (kind <= 22) text = PICK(NUMBERS);
  else if (kind <= 32) text = PATHS[any(8)]; /* the good ones */
  else text = PICK(PATHS);
  return copy(text, strlen(text));
}

/* Half of the lists are nearly right: an option with what it needs, again and again. */
static size_t add_pair(char **words, size_t used) {
  static const char *const WITH_PATH[] = {"--write", "--read-only", "--deny", "--cwd"};
  static const char *const ALONE[] = {"--network", "--without-namespaces", "--tty"};
  static const char *const WITH_NUMBER[] = {"--status-fd", "--parent"};
  uint32_t kind = any(10);
  const char *first = kind < 6 ? PICK(WITH_PATH) : kind < 8 ? PICK(WITH_NUMBER) : PICK(ALONE);
  words[used++] = copy(first, strlen(first));
  if (kind >= 8) return used;
  bool wrong = any(30) == 0;
  const char *second = kind < 6 ? PATHS[any(8)] : NUMBERS[any(3)];
  words[used++] = wrong ? make_word() : copy(second, strlen(second));
  return used;
}

/* ── what may be accepted ── */

static bool is_canonical(const char *path) {
  if (path[0] != '/' || strlen(path) > 4095) return false;
  if (path[1] == 0) return true;
  char *copied = copy(path, strlen(path));
  char rebuilt[4200] = "";
  size_t size = 0;
  bool good = true;
  for (char *rest = copied, *part; good && (part = strsep(&rest, "/")) != NULL;) {
    if (part == copied) continue;
    good = strcmp(part, ".") != 0 && strcmp(part, "..") != 0 && *part != 0;
    size += (size_t)snprintf(rebuilt + size, sizeof rebuilt - size, "/%s", part);
  }
  good = good && strcmp(rebuilt, path) == 0;
  free(copied);
  return good;
}

static void check_accepted(const struct options *options, int argc, char **argv) {
  insist(options->rule_count < (size_t)argc, "more rules than words");
  for (size_t at = 0; at < options->rule_count; at++) {
    const struct rule *rule = &options->rules[at];
    insist(is_canonical(rule->path), "a rule for a path that is not canonical");
    insist(options->namespaces || rule->access == ACCESS_WRITE, "a rule that cannot be held");
    insist(options->mode != MODE_UNCONFINED, "a rule where nothing is confined");
  }
  insist(options->cwd == NULL || is_canonical(options->cwd), "a directory that is not canonical");
  insist(options->status >= -1 && options->status <= 1023 && options->parent >= 0, "a number out of its bounds");
  bool takes = options->mode == MODE_RUN || options->mode == MODE_UNCONFINED;
  insist(takes == (options->command != NULL), "a command where none belongs, or none where one does");
  if (!takes) return;
  int at = 2;
  while (at < argc && strcmp(argv[at], "--") != 0) at++;
  insist(at + 1 < argc && options->command == argv + at + 1, "a command that is not what stands behind --");
}

static size_t accepted_words, refused_words, accepted_frames, refused_frames;

static void try_words(void) {
  static struct options options;
  size_t most = any(500) == 0 ? 5000 : 24, count = any((uint32_t)most), used = 0;
  char **words = malloc((most + 8) * sizeof *words);
  insist(words != NULL, "no memory");
  words[used++] = copy("helper", 6);
  if (any(100) != 0) {
    const char *mode = any(10) == 0 ? PICK(MODES) : MODES[any(3)];
    words[used++] = copy(mode, strlen(mode));
  }
  bool nearly = any(2) == 0;
  while (used < count) {
    if (nearly) used = add_pair(words, used);
    else words[used++] = make_word();
  }
  if (nearly && any(3) != 0) words[used++] = copy("--", 2), words[used++] = make_word();
  words = realloc(words, (used + 1) * sizeof *words);
  insist(words != NULL, "no memory");
  words[used] = NULL;

  options = (struct options){.rules = NULL};
  status_descriptor = -1;
  if (setjmp(refused) == 0) {
    parse_options(&options, (int)used, words);
    check_accepted(&options, (int)used, words);
    accepted_words++;
  } else {
    refused_words++;
  }
  free(options.rules);
  for (size_t at = 0; at < used; at++) free(words[at]);
  free(words);
}

/* ── frames ── */

static void put_number(unsigned char **next, uint64_t value, size_t bytes) {
  for (size_t at = 0; at < bytes; at++) *(*next)++ = (unsigned char)(value >> (8 * at));
}

static void put_path(unsigned char **next, size_t size) {
  static const uint32_t CLAIMS[] = {0xffffffff, 0x7fffffff, 4096, 1};
  put_number(next, any(20) == 0 ? PICK(CLAIMS) : size, 4);
  for (size_t at = 0; at < size; at++) *(*next)++ = (unsigned char)(any(50) == 0 ? any(256) : at % 30 == 0 ? '/' : 'p');
}

static void try_frame(void) {
  static unsigned char room[20000];
  static struct request request;
  unsigned char *next = room;
  put_number(&next, any(256), 1);
  put_number(&next, any(2) == 0 ? UINT64_MAX : any(1000), 8);
  static const size_t SIZES[] = {0, 1, 20, PATH_MAX - 1, PATH_MAX, PATH_MAX + 1};
  put_path(&next, any(4) == 0 ? PICK(SIZES) : any(100));
  put_path(&next, any(4) == 0 ? PICK(SIZES) : any(100));
  put_number(&next, 0, any(9));
  size_t size = (size_t)(next - room);
  if (any(3) == 0) size = any((uint32_t)size + 1); /* cut off */
  unsigned char *frame = malloc(size);
  insist(frame != NULL || size == 0, "no memory");
  memcpy(frame, room, size);
  if (take_request(&request, frame, size)) {
    accepted_frames++;
    insist(memchr(request.path, 0, PATH_MAX) != NULL && memchr(request.other, 0, PATH_MAX) != NULL, "an endless path");
    insist(request.size <= size && request.data + request.size == frame + size, "data outside of the frame");
    char escaped[PATH_MAX * 2];
    insist(json_escape(escaped, sizeof escaped, request.path) < sizeof escaped, "an escape that is too long");
  } else {
    refused_frames++;
  }
  free(frame);
}

int main(int argc, char **argv) {
  insist(argc == 3, "usage: fuzz SEED COUNT");
  state = strtoull(argv[1], NULL, 10) * 0x9e3779b97f4a7c15ull + 1;
  for (unsigned long left = strtoul(argv[2], NULL, 10); left > 0; left--) try_words(), try_frame();
  printf("words: %zu accepted, %zu refused; frames: %zu accepted, %zu refused\n", accepted_words, refused_words,
         accepted_frames, refused_frames);
  return 0;
}
