/** Where packages are made. */
export interface Workplace {
  /** The checkout, with dist/ compiled and node_modules/ installed. */
  readonly root: string;
  /** Where the files go that are handed out. */
  readonly out: string;
  /** What is fetched or made on the way. */
  readonly cache: string;
  readonly say: (line: string) => void;
}
