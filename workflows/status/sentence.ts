/** With an end: what a cluster or a process says has none, and more follows it. */
export function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
