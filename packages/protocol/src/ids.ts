declare const brand: unique symbol;

/** A string that only one of the functions below makes. */
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** UUID of a session; wire fields call it `thread_id`. */
export type SessionId = Branded<"SessionId">;
/** Id of the submission that started a turn. */
export type TurnId = Branded<"TurnId">;
/** Id of one `submit`. */
export type SubmissionId = Branded<"SubmissionId">;
/** The model's id of one tool call. */
export type CallId = Branded<"CallId">;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isSessionId(text: string): text is SessionId {
  return UUID.test(text);
}

function isTurnId(text: string): text is TurnId {
  return text.length > 0;
}

function isSubmissionId(text: string): text is SubmissionId {
  return text.length > 0;
}

function isCallId(text: string): text is CallId {
  return text.length > 0;
}

function made<T extends string>(text: string, guard: (text: string) => text is string & T, what: string): T {
  if (!guard(text)) throw new TypeError(`not a ${what}: ${JSON.stringify(text)}`);
  return text;
}

/** Throws `TypeError` when the text is no UUID. */
export function sessionId(text: string): SessionId {
  return made(text, isSessionId, "session id");
}

export function turnId(text: string): TurnId {
  return made(text, isTurnId, "turn id");
}

export function submissionId(text: string): SubmissionId {
  return made(text, isSubmissionId, "submission id");
}

export function callId(text: string): CallId {
  return made(text, isCallId, "call id");
}
