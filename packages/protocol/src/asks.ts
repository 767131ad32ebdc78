import type { Because, Grant, NetworkPolicyAmendment, NetworkTarget } from "./action.js";
import type { CallId, TurnId } from "./ids.js";
import type { FileChange, ParsedCommand } from "./items.js";

/** The human's answer (core.md §1.3). Externally tagged on the wire. */
export type ReviewDecision =
  | "approved"
  | "approved_for_session"
  | "denied"
  | "timed_out"
  | "abort"
  /** A no with words for the model. */
  | { readonly denied: { readonly rejection: string } }
  | {
      readonly approved_execpolicy_amendment: { readonly proposed_execpolicy_amendment: readonly string[] };
    }
  /** Kept as a rule about the host and followed at once; `deny` is a no. */
  | { readonly network_policy_amendment: { readonly network_policy_amendment: NetworkPolicyAmendment } };

/** core.md §1.7 */
export type ExecApprovalRequest = {
  readonly call_id: CallId;
  readonly approval_id?: string;
  readonly turn_id: TurnId;
  /** Empty in a question about a host. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly reason?: string;
  /** The question is whether a tool may reach this host. Absent: it is about the command. */
  readonly network_approval_context?: NetworkTarget;
  readonly proposed_network_policy_amendments?: readonly NetworkPolicyAmendment[];
  readonly proposed_execpolicy_amendment?: readonly string[];
  readonly available_decisions?: readonly ReviewDecision[];
  readonly parsed_cmd: readonly ParsedCommand[];
  /** Rules of three widths, each with what it would have matched; any may be sent back as the amendment. */
  readonly grants?: readonly Grant[];
  /** Why it is asked, layer by layer. */
  readonly because?: readonly Because[];
};

export type PatchApprovalRequest = {
  readonly call_id: CallId;
  readonly turn_id: TurnId;
  readonly changes: Readonly<Record<string, FileChange>>;
  readonly reason?: string;
  readonly grant_root?: string;
  /** Why it is asked, layer by layer. */
  readonly because?: readonly Because[];
};

/** What the model would like to know from the person (core.md §4.2). */
export type UserInputRequest = {
  readonly call_id: CallId;
  readonly turn_id: TurnId;
  readonly questions: readonly UserQuestion[];
};

export type UserQuestion = {
  readonly id: string;
  /** A few words. */
  readonly header: string;
  readonly question: string;
  /** The person may write something else. */
  readonly isOther: boolean;
  readonly isSecret: boolean;
  readonly options: readonly { readonly label: string; readonly description: string }[];
};

/** By id of the question. Empty: the person did not answer. */
export type UserInputResponse = {
  readonly answers: Readonly<Record<string, { readonly answers: readonly string[] }>>;
};

/** Every question to the person, what an answer to it is, and the key that the answer carries (core.md §1.7). */
export type Asks = {
  exec_approval: { readonly question: ExecApprovalRequest; readonly answer: ReviewDecision };
  patch_approval: { readonly question: PatchApprovalRequest; readonly answer: ReviewDecision };
  user_input: { readonly question: UserInputRequest; readonly answer: UserInputResponse };
};
