/** The app's version, as in package.json (a test compares them). It is in every run record. */
export const version = '0.1.0';
