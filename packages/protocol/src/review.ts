/** What is to be reviewed (core.md §5.3). */
export type ReviewTarget =
  | { readonly type: "uncommittedChanges" }
  | { readonly type: "baseBranch"; readonly branch: string }
  | { readonly type: "commit"; readonly sha: string; readonly title?: string }
  | { readonly type: "custom"; readonly instructions: string };

/** What a review found. */
export type ReviewOutput = {
  readonly findings: readonly ReviewFinding[];
  /** `patch is correct` or `patch is incorrect`; empty: not said. */
  readonly overall_correctness: string;
  readonly overall_explanation: string;
  /** 0 to 1. */
  readonly overall_confidence_score: number;
};

export type ReviewFinding = {
  readonly title: string;
  readonly body: string;
  /** 0 to 1. */
  readonly confidence_score: number;
  /** 0: drop everything else; 3: nice to have. */
  readonly priority: number;
  readonly code_location: {
    readonly absolute_file_path: string;
    /** Lines from 1, both included. */
    readonly line_range: { readonly start: number; readonly end: number };
  };
};
