/** Whom a clerk calls. */
export const HOTLINE = "029-95198";
