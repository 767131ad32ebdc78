/*
 * One small process that starts the commands of a session: a fork of it costs a tenth of a fork of Node, and it holds
 * the networks that commands share. Each fork goes through the same stages as a helper that was started for one
 * command; nothing about the confinement is decided here.
 *
 * The caller has the other end of a socket. It sends frames of four numbers and `size` bytes:
 *   RUN      id, number of words, size: words, then variables (NAME=value), each ended by a zero byte
 *   FEED     the same, with a pipe as standard input instead of /dev/null
 *   SIGNAL   id, number of a signal
 *   NETWORK  answered by `network USER NET`: descriptors here for `--join`, USER -1 where none is needed; or `network`
 * It gets lines:
 *   pipes OUT ERRORS INPUT    the caller's ends of the next command's pipes, to be opened as /proc/PID/fd/N before RUN
 *   ended ID CODE SIGNAL REPORT
 * The end of the socket ends this process, and with it every command.
 */
#include "helper.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>

enum { RUN, FEED, SIGNAL, NETWORK };
enum { READ, WRITE };
enum { MOST_BYTES = 16 << 20 };

struct frame {
  uint32_t kind, id, number, size;
};

/* Shared with the process that stands around a command; the command loses it when it executes. */
struct page {
  volatile bool told; /* that process has said how the command ended, and is tidying up */
  char report[4000];
};

struct child {
  pid_t pid;
  uint32_t id;
  struct page *page;
  struct child *next;
};

static int control;
static int ended_signals;
static sigset_t original_mask;
static struct child *children;
static int output[2], errors[2], input[2]; /* of the next command */

static void offer_pipes(void) {
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0 || pipe2(input, O_CLOEXEC) != 0)
    fail("serve", "cannot create pipes");
  dprintf(control, "pipes %d %d %d\n", output[READ], errors[READ], input[WRITE]);
}

static void close_pipes(void) {
  for (int end = READ; end <= WRITE; end++) {
    close(output[end]);
    close(errors[end]);
    close(input[end]);
  }
}

/* ── one command ── */

/* Pointers into zero-ended strings; NULL when their number is not `count` at least, or memory is short. */
static char **split(char *strings, size_t size, uint32_t count, uint32_t *rest) {
  uint32_t found = 0;
  for (size_t at = 0; at < size; at++) found += strings[at] == 0;
  if (found < count || (size > 0 && strings[size - 1] != 0)) return NULL;
  char **words = calloc((size_t)found + 4, sizeof *words);
  if (words == NULL) return NULL;
  char **next = words;
  *next++ = (char *)"codex-linux-sandbox";
  for (uint32_t index = 0; index < found; index++) {
    if (index == count) *next++ = NULL;
    *next++ = strings;
    strings += strlen(strings) + 1;
  }
  *rest = count + 2;
  return words;
}

/* One write, so that lines of several processes do not mix. */
static void tell_end(uint32_t id, int status, const char *report) {
  char line[4100];
  int size = snprintf(line, sizeof line, "ended %u %d %d %s\n", id, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                      WIFSIGNALED(status) ? WTERMSIG(status) : 0, report);
  if (write(control, line, (size_t)size) != size) return; /* the caller has gone, and we go with it */
}

static struct child self;

static void tell_own_end(int status) {
  if (self.page->report[0] != 0) return; /* it was never started: the exit code is ours */
  self.page->told = true;
  tell_end(self.id, status, "");
}

static _Noreturn void be_child(const struct frame *frame, char *strings, pid_t server, struct page *page) {
  self = (struct child){.id = frame->id, .page = page};
  report_page = page->report;
  report_room = sizeof page->report;
  on_end = tell_own_end;
  close(ended_signals);
  if (frame->kind == RUN) {
    close(input[READ]);
    input[READ] = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  if (dup2(input[READ], STDIN_FILENO) < 0 || dup2(output[WRITE], STDOUT_FILENO) < 0 ||
      dup2(errors[WRITE], STDERR_FILENO) < 0)
    fail("serve", "cannot use the pipes");
  close_pipes();
  sigprocmask(SIG_SETMASK, &original_mask, NULL);
  uint32_t rest = 0;
  errno = EINVAL;
  char **words = split(strings, frame->size, frame->number, &rest);
  if (words == NULL) fail("serve", "the request cannot be read");
  environ = words + rest;
  exit(run_command((int)frame->number + 1, words, server));
}

/* Those whose end has been told go at once, but nobody else may see what they are still to remove. */
static void await_told(void) {
  for (struct child *child = children; child != NULL; child = child->next)
    if (child->page->told) waitid(P_PID, (id_t)child->pid, NULL, WEXITED | WNOWAIT);
}

static void start(const struct frame *frame, char *strings) {
  if (frame->size > 0 && strcmp(strings, "unconfined") == 0) await_told();
  struct child *child = calloc(1, sizeof *child);
  struct page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t server = getpid();
  pid_t pid = child == NULL || page == MAP_FAILED ? -1 : fork();
  if (pid == 0) be_child(frame, strings, server, page);
  close_pipes();
  if (pid < 0) {
    tell_end(frame->id, EXIT_HELPER << 8,
             "{\"code\":\"sandbox_unavailable\",\"stage\":\"serve\",\"errno\":\"EAGAIN\",\"message\":\"cannot fork\"}");
    if (page != MAP_FAILED) munmap(page, sizeof *page);
    free(child);
  } else {
    *child = (struct child){.pid = pid, .id = frame->id, .page = page, .next = children};
    children = child;
  }
  offer_pipes();
}

static void reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    struct child **link = &children;
    while (*link != NULL && (*link)->pid != pid) link = &(*link)->next;
    struct child *child = *link;
    if (child == NULL) continue;
    *link = child->next;
    char *report = child->page->report;
    report[sizeof child->page->report - 1] = 0;
    report[strcspn(report, "\n")] = 0;
    if (!child->page->told) tell_end(child->id, status, report);
    munmap(child->page, sizeof *child->page);
    free(child);
  }
}

/* Only a child that has not been waited for is signalled, so its number cannot be another's. */
static void pass_signal(const struct frame *frame) {
  for (struct child *child = children; child != NULL; child = child->next)
    if (child->id == frame->id) kill(child->pid, (int)frame->number);
}

/* ── a network of the session ── */

static void tell_network(void) {
  struct network network;
  if (!hold_network(&network)) dprintf(control, "network\n");
  else dprintf(control, "network %d %d\n", network.user, network.net);
}

/* ── the loop ── */

static bool take_bytes(void *target, size_t size) {
  for (size_t used = 0; used < size;) {
    ssize_t got = read(control, (char *)target + used, size - used);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    used += (size_t)got;
  }
  return true;
}

static bool serve_frame(void) {
  struct frame frame;
  if (!take_bytes(&frame, sizeof frame) || frame.size > MOST_BYTES) return false;
  char *strings = malloc((size_t)frame.size + 1);
  bool whole = strings != NULL && take_bytes(strings, frame.size);
  if (whole) strings[frame.size] = 0;
  if (whole && (frame.kind == RUN || frame.kind == FEED)) start(&frame, strings);
  else if (whole && frame.kind == SIGNAL) pass_signal(&frame);
  else if (whole && frame.kind == NETWORK) tell_network();
  else whole = false;
  free(strings);
  return whole;
}

int serve_commands(const struct options *options) {
  sigset_t taken;
  sigemptyset(&taken);
  static const int SIGNALS[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGPIPE};
  for (size_t index = 0; index < sizeof SIGNALS / sizeof *SIGNALS; index++) sigaddset(&taken, SIGNALS[index]);
  signal(SIGCHLD, SIG_DFL);
  sigprocmask(SIG_BLOCK, &taken, &original_mask);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail("serve", "cannot follow the parent");
  errno = ESRCH;
  if (options->parent != 0 && getppid() != options->parent) fail("serve", "the parent is not %d", options->parent);
  /* What a fork leaves behind is reaped here, whatever process 1 does. */
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail("serve", "cannot adopt orphans");
  control = status_descriptor;
  fcntl(control, F_SETFD, FD_CLOEXEC);
  ended_signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
  if (ended_signals < 0) fail("serve", "cannot wait for signals");
  status_descriptor = -1;
  offer_pipes();
  struct pollfd events[] = {{.fd = control, .events = POLLIN}, {.fd = ended_signals, .events = POLLIN}};
  for (;;) {
    if (poll(events, 2, -1) < 0 && errno != EINTR) return EXIT_HELPER;
    struct signalfd_siginfo taken_signal;
    if (events[1].revents != 0) while (read(ended_signals, &taken_signal, sizeof taken_signal) > 0) continue;
    reap();
    if (events[0].revents != 0 && !serve_frame()) return await_told(), 0;
  }
}
