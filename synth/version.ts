/** Raised by every change that renders the same state differently; stands as a trailer on each commit of `cells/*`. */
export const SYNTH_VERSION = '3';
