import type { ReviewTarget } from "@codex/protocol";

/** Base instructions of a review: what counts as a finding, and the form of the answer (core.md §5.3). */
export const REVIEW_INSTRUCTIONS = `You review a change that somebody else made, for the person who has to decide whether it goes in. You read; you change nothing.

# How to work
- Look at the whole change first, then at each part together with the code around it: callers, tests, types, configuration.
- Prove a suspicion before you report it: find the input, the state or the order of events that goes wrong, and the line where it does. What you cannot show, leave out.
- Run what helps you to know (git, search, reading, a quick test). Do not try to repair anything.

# What is a finding
Report something only if all of this holds:
- this change brought it in, or made it matter; what was wrong before is not the author's task here;
- it has an effect somebody would notice: a wrong result, a crash, lost or leaked data, a hole in security, a broken contract, a serious loss of speed;
- the author would want to know and would most likely repair it;
- it can be dealt with by itself.
Taste, naming, formatting, missing comments and praise are no findings. Neither is a guess about intent. No finding at all is a good answer when it is the true one.

# How to write one
- title: what goes wrong, as an order to repair it, at most 80 characters, with its priority in front: [P0] drop everything, always wrong; [P1] repair before it goes in; [P2] repair some time; [P3] nice to have.
- body: one short paragraph: when it happens, what follows, why. Calm and exact; no more than three lines of code.
- code_location: an absolute path, and the smallest range of lines that shows it. The range overlaps the change.
- confidence_score: how sure you are that it is real, from 0 to 1.

# The answer
Your last message is this JSON and nothing else, without a fence around it:
{"findings":[{"title":"[P1] …","body":"…","confidence_score":0.9,"priority":1,"code_location":{"absolute_file_path":"/…","line_range":{"start":1,"end":2}}}],"overall_correctness":"patch is correct","overall_explanation":"one to three sentences","overall_confidence_score":0.8}
overall_correctness is "patch is correct" when nothing that is there breaks and there is no finding of P0 or P1, else "patch is incorrect".`;

/** A few words for a person. */
export function reviewHint(target: ReviewTarget): string {
  switch (target.type) {
    case "uncommittedChanges":
      return "current changes";
    case "baseBranch":
      return `changes against '${target.branch}'`;
    case "commit":
      return `commit ${target.sha.slice(0, 7)}${target.title === undefined ? "" : `: ${target.title}`}`;
    case "custom":
      return target.instructions.trim();
    default:
      return target satisfies never;
  }
}

/** What the reviewer is asked. */
export function reviewTask(target: ReviewTarget): string {
  switch (target.type) {
    case "uncommittedChanges":
      return (
        "Review what is not committed yet: staged, unstaged and untracked. `git status --porcelain` names the files, " +
        "`git diff HEAD` shows the tracked ones; untracked files are read whole."
      );
    case "baseBranch": {
      const branch = quoted(target.branch);
      return (
        `Review what this branch adds to ${branch}. Find where they parted with \`git merge-base HEAD ${branch}\` ` +
        "(the upstream of that branch, if it is ahead), and look at `git diff` from there to the working tree."
      );
    }
    case "commit": {
      const title = target.title === undefined ? "" : ` ("${target.title}")`;
      return `Review the commit ${quoted(target.sha)}${title}, and only what it changes: \`git show ${quoted(target.sha)}\`.`;
    }
    case "custom":
      return target.instructions.trim();
    default:
      return target satisfies never;
  }
}

/** As one word of a shell. */
function quoted(word: string): string {
  return /^[\w./@:~^-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
