import { foldName } from './fold';

/**
 * An e-mail address as both sides may hold it, made comparable: `smtp:` and one case (`foldName`). Entries of proxyAddresses carry a type
 * (`SMTP:` the primary one, `smtp:`, `x500:`, `sip:` …), mail does not. null: no SMTP address.
 */
export function smtpAddress(value: string): string | null {
  const text = foldName(value);
  const typed = /^([a-z0-9]{1,9}):/.exec(text);
  if (typed && typed[1] !== 'smtp') return null;
  const address = typed ? text.slice('smtp:'.length).trim() : text;
  return /.@./.test(address) ? `smtp:${address}` : null;
}

/** The distinct SMTP addresses in mail and proxyAddresses, sorted. */
export function smtpAddresses(
  mail: string | null | undefined,
  proxyAddresses: readonly string[] | undefined,
): string[] {
  const found = new Set<string>();
  for (const value of [mail ?? '', ...(proxyAddresses ?? [])]) {
    const address = smtpAddress(value);
    if (address) found.add(address);
  }
  return [...found].sort();
}
