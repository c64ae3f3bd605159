/** The four kinds of directory object that Entra Connect and Cloud Sync create, and that can be orphaned. */
export const objectTypes = ['user', 'group', 'contact', 'device'] as const;

export type ObjectType = (typeof objectTypes)[number];
