import type {
  Asks,
  Environment,
  EventMsg,
  ReviewDecision,
  TurnContext,
  TurnSettings,
  UserInputRequest,
} from "@codex/protocol";
import { sessionId, turnId } from "@codex/protocol";
import { fakeEnvironment, scriptedModel } from "@codex/test-support";
import { SETTINGS } from "./engine.js";

type ApprovalQuestion = Asks["exec_approval" | "patch_approval"]["question"];

export type TestTurn = TurnContext & {
  readonly questions: readonly ApprovalQuestion[];
  /** Questions with answers to choose from. */
  readonly choices: readonly UserInputRequest[];
  readonly emitted: readonly EventMsg[];
  readonly controller: AbortController;
};

export type TestTurnOptions = {
  readonly settings?: Partial<TurnSettings>;
  readonly environment?: Environment;
  /** What the person chooses from each such question; default: nothing. */
  readonly choose?: string;
  /** The answer to a question; default: yes. */
  readonly answer?: (question: ApprovalQuestion) => ReviewDecision | Promise<ReviewDecision>;
};

const SESSION = sessionId("01890a5d-ac96-774b-bcce-b302099a8057");
const TURN = turnId("turn-1");

/** A turn by itself, with a person who answers. */
export function testTurn(options: TestTurnOptions = {}): TestTurn {
  const controller = new AbortController();
  const questions: ApprovalQuestion[] = [];
  const choices: UserInputRequest[] = [];
  const emitted: EventMsg[] = [];
  const settings = { ...SETTINGS, ...options.settings };
  const decide = async (question: ApprovalQuestion): Promise<ReviewDecision> => {
    questions.push(question);
    return (await options.answer?.(question)) ?? "approved";
  };
  const answers: { [K in keyof Asks]: (question: Asks[K]["question"]) => Promise<Asks[K]["answer"]> } = {
    exec_approval: decide,
    patch_approval: decide,
    user_input: (question) => {
      choices.push(question);
      const { choose } = options;
      const answers = question.questions.map(({ id }) => [id, { answers: choose === undefined ? [] : [choose] }]);
      return Promise.resolve({ answers: Object.fromEntries(answers) });
    },
  };
  return {
    id: TURN,
    settings,
    signal: controller.signal,
    controller,
    questions,
    choices,
    emitted,
    environment: options.environment ?? fakeEnvironment(),
    model: scriptedModel([]).client(settings, { session: SESSION, turn: TURN }),
    session: {
      id: SESSION,
      signal: controller.signal,
      emit: (message) => void emitted.push(message),
      ask: (kind, question) => answers[kind](question),
      open: () => Promise.reject(new Error("no sessions below a test turn")),
    },
  };
}
