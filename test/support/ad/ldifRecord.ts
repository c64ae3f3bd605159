/** One attribute's values: text, or bytes. */
export type LdifValues = string | Buffer | readonly (string | Buffer)[];

/** Part of RFC 2849's SAFE-STRING: printable ASCII, and no blank at the end, which readers lose. */
const safeValue = /^(?:[!-9;=-~](?:[ -~]*[!-~])?)?$/;

function line(name: string, value: string | Buffer): string {
  if (typeof value === 'string' && safeValue.test(value)) return `${name}: ${value}\n`;
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return `${name}:: ${bytes.toString('base64')}\n`;
}

/** An LDIF record (RFC 2849) that adds an object. An attribute without a value is left out. */
export function addRecord(
  distinguishedName: string,
  attributes: Readonly<Record<string, LdifValues | undefined>>,
): string {
  let text = `${line('dn', distinguishedName)}changetype: add\n`;
  for (const [name, values] of Object.entries(attributes)) {
    if (values === undefined) continue;
    for (const value of typeof values === 'string' || Buffer.isBuffer(values) ? [values] : values)
      text += line(name, value);
  }
  return `${text}\n`;
}

export const deleteRecord = (distinguishedName: string): string =>
  `${line('dn', distinguishedName)}changetype: delete\n\n`;
