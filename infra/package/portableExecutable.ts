/** Offsets of the PE format (Microsoft's "PE Format" document); those of the optional header are of its 64-bit form, PE32+. */
const offsets = { peHeaderAddress: 0x3c, optionalHeader: 24, checksum: 64, securityDirectory: 112 + 4 * 8 };
const pe32Plus = 0x20b;

/**
 * A Windows program without its Authenticode signature. Whatever is put into a signed program makes the signature wrong, and a wrong
 * one is worse than none: signtool can not replace a signature that is not at the end, and scanners distrust the file. The checksum,
 * which becomes wrong as well, is set to 0: not computed. Signing computes it.
 *
 * @throws RangeError: not a 64-bit Windows program, or its signature is not the last thing in it.
 */
export function withoutSignature(program: Buffer): Buffer {
  const peHeader = program.length > 0x40 ? program.readUInt32LE(offsets.peHeaderAddress) : program.length;
  const optionalHeader = peHeader + offsets.optionalHeader;
  const securityDirectory = optionalHeader + offsets.securityDirectory;
  if (
    program.toString('latin1', 0, 2) !== 'MZ' ||
    securityDirectory + 8 > program.length ||
    program.toString('latin1', peHeader, peHeader + 4) !== 'PE\0\0' ||
    program.readUInt16LE(optionalHeader) !== pe32Plus
  )
    throw new RangeError('expected a 64-bit Windows program (PE32+), found something else');
  const start = program.readUInt32LE(securityDirectory);
  const size = program.readUInt32LE(securityDirectory + 4);
  if (start !== 0 && start + size !== program.length)
    throw new RangeError('expected the signature to be the last thing in the program, found more behind it');
  const unsigned = Buffer.from(start === 0 ? program : program.subarray(0, start));
  unsigned.writeUInt32LE(0, optionalHeader + offsets.checksum);
  unsigned.fill(0, securityDirectory, securityDirectory + 8);
  return unsigned;
}
