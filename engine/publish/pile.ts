/** What has piled up is written in packs of about this size. */
export const pileBytes = 12 * 1024 * 1024;
