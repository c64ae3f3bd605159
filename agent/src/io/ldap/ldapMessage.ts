import { ProtocolOperation } from 'ldapts';
import { BerCursor, tags } from './ber';
import { brokenMessage } from './ldapFault';

/** A message of LDAP of which only the envelope was read (RFC 4511, 4.1.1). */
export interface LdapMessage {
  readonly messageId: number;
  /** The tag of its protocolOp. */
  readonly operation: number;
  /** The content of its protocolOp. */
  readonly content: Buffer;
  /** What follows the protocolOp: its controls, or nothing. */
  readonly rest: Buffer;
}

/** How a request ended (LDAPResult, RFC 4511, 4.1.9). */
export interface LdapResult {
  readonly resultCode: number;
  readonly diagnosticMessage: string;
  /** The name of an extended response, or of an unsolicited notification. */
  readonly responseName: string | null;
  /** By object identifier; null: without a value. */
  readonly controls: ReadonlyMap<string, Buffer | null>;
}

const referralTag = 0xa3;
const serverSaslCredsTag = 0x87;
const responseNameTag = 0x8a;
const responseValueTag = 0x8b;

/** Reads the envelope of a message that was cut out by its outer length; its parts are slices of `frame`. */
export function readEnvelope(frame: Buffer): LdapMessage {
  const cursor = new BerCursor(frame);
  cursor.open(tags.sequence);
  const messageId = cursor.integer();
  const operation = cursor.peek();
  if (operation === undefined) throw brokenMessage('a message without an operation');
  const operationEnd = cursor.open(operation);
  return {
    messageId,
    operation,
    content: frame.subarray(cursor.offset, operationEnd),
    rest: frame.subarray(operationEnd),
  };
}

/** Reads a message that ends a request: its result and all its controls. */
export function readResult(message: LdapMessage): LdapResult {
  const cursor = new BerCursor(message.content);
  const resultCode = cursor.integer(tags.enumerated);
  cursor.text();
  const diagnosticMessage = cursor.text();
  let responseName: string | null = null;
  while (!cursor.atEnd) {
    switch (cursor.peek()) {
      case responseNameTag:
        responseName = cursor.text(responseNameTag);
        break;
      case referralTag:
      case serverSaslCredsTag:
      case responseValueTag:
        cursor.skip();
        break;
      default:
        throw brokenMessage('a result with a part that LDAP does not know');
    }
  }
  return { resultCode, diagnosticMessage, responseName, controls: readControls(message.rest) };
}

function readControls(bytes: Buffer): Map<string, Buffer | null> {
  const controls = new Map<string, Buffer | null>();
  const cursor = new BerCursor(bytes);
  if (cursor.atEnd) return controls;
  const end = cursor.open(ProtocolOperation.LDAP_CONTROLS);
  while (cursor.offset < end) {
    const controlEnd = cursor.open(tags.sequence);
    const type = cursor.text();
    if (cursor.offset < controlEnd && cursor.peek() === tags.boolean) cursor.skip();
    controls.set(type, cursor.offset < controlEnd ? cursor.octets() : null);
    cursor.close(controlEnd);
  }
  cursor.close(end);
  if (!cursor.atEnd) throw brokenMessage('bytes after the controls');
  return controls;
}
