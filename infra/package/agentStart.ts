// The entry point of the agent as one executable file (docs/adr/0022).

/** What the first line of agent/bin sets in the environment; the bundler puts it here. */
declare const startEnvironment: Readonly<Record<string, string>>;

// glibc reads its settings before any line of ours runs, so the program starts itself anew with them: in place, as the same process,
// with the same open files. On Windows they mean nothing.
if (
  process.platform === 'linux' &&
  Object.entries(startEnvironment).some(([name, value]) => process.env[name] !== value)
)
  process.execve?.(process.execPath, [process.execPath, ...process.argv.slice(2)], {
    ...process.env,
    ...startEnvironment,
  });

void import('../../agent/src/main.js');
