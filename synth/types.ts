/** Files of a cell's tree, by path from its root, in path order. */
export type RenderedFiles = ReadonlyMap<string, string>;

/** A path that traffic could take and must not. */
export interface Opening {
  /** `t-acme--dev/orders` or a CIDR. */
  readonly from: string;
  readonly to: string;
  /** `tcp/8080`, or `any`. */
  readonly port: string;
  /** `<file>:<NetworkPolicy name>` of each policy that opens it. */
  readonly because: readonly string[];
  /** One sentence: who could reach whom, and through what. */
  readonly message: string;
}
