/** What a request is signed with. Never logged, never recorded. */
export type Credential =
  | { readonly type: "api_key"; readonly token: string }
  | {
      readonly type: "chatgpt";
      readonly token: string;
      readonly account_id?: string;
      /** The account belongs to a government tenant, which is told in a header (core.md §2.2). */
      readonly is_fedramp?: boolean;
    };

export interface Credentials {
  /** `undefined`: none is known; the request goes without. */
  current(signal: AbortSignal): Promise<Credential | undefined>;
  /**
   * Another credential in place of one that was refused with 401; `undefined`: there is none. Throws `unauthorized`
   * when the person has to sign in again. Absent: keys are never renewed.
   */
  renew?(refused: Credential, signal: AbortSignal): Promise<Credential | undefined>;
}
