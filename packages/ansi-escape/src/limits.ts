/** What is held while more is awaited, in characters. */
export const LIMITS = {
  /** Parameters of one CSI sequence. */
  control: 256,
  /** Contents of one OSC, DCS, SOS, PM or APC string. What is longer is shown as the text it then is. */
  string: 64 * 1024,
  /** A target of a link that is kept. */
  link: 2048,
} as const;
