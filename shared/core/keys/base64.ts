const canonical = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Decodes base64 (RFC 4648, section 4, padded); null where the text is not exactly that, or is empty. */
export function bytesFromBase64(text: string): Uint8Array | null {
  if (text === '' || !canonical.test(text)) return null;
  const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0));
  return bytesToBase64(bytes) === text ? bytes : null;
}

export function bytesToBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
