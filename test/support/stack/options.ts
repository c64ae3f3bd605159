import { parseArgs } from 'node:util';
import { nightsNeeded } from '../organisation/nights';

export const usage = `Usage: npm start [-- options]

Brings up the embedded stack on loopback (Azurite over TLS, a Microsoft Graph stand-in, managed-identity endpoints, an OpenID
provider, and the built app in local Functions hosts, one for each part) with a sample organisation. An object is a candidate
only after some nights (docs/how-it-works.md, "Time"), so the last ones are replayed first, each with its own exports and its own
clock; tonight's scan is the timer's, and its candidates are printed with their evidence. Then it serves the API until Ctrl-C, and
prints how to call it.

  --allow-deletion  let objects be deleted (ROLLOUT_STAGE normal); by default the app deletes nothing
  --once            leave after the scan, without the part that serves the API; the exit code is 0 only if the candidates are exactly the generator's orphans
  --nights N        how many nights are scanned, tonight included, 1 to 30 (default 8: what the rules of time need)
  --objects N       synced cloud objects in the sample organisation, 200 or more (default 5000)
  --seed N          another sample organisation (default 1)
  --json            print the run record as JSON, and nothing else, to standard output; progress goes to standard error
  --port N          where the API listens (default 7071; another is taken where it is in use)
  --ad              a real Active Directory: the organisation in domain controllers of Samba, exported by the agent over LDAP. It has no past:
                    one night is scanned, and WAITING_RULES lets everything that is missing be a candidate at once
  --func            no local host: write local.settings.json for the Azure Functions Core Tools, and say how to start them
  --help            this text
`;

export interface StackArguments {
  readonly once: boolean;
  readonly nights: number;
  readonly objects: number;
  readonly seed: number;
  readonly json: boolean;
  readonly func: boolean;
  readonly ad: boolean;
  readonly allowDeletion: boolean;
  readonly port: number;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly arguments: StackArguments }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const smallestOrganisation = 200;
const mostNights = 30;

export function parseArguments(given: readonly string[]): ParsedArguments {
  try {
    const { values } = parseArgs({
      args: [...given],
      strict: true,
      options: {
        once: { type: 'boolean', default: false },
        nights: { type: 'string' },
        objects: { type: 'string', default: '5000' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        func: { type: 'boolean', default: false },
        ad: { type: 'boolean', default: false },
        'allow-deletion': { type: 'boolean', default: false },
        port: { type: 'string', default: '7071' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const { once, json, func, ad, 'allow-deletion': allowDeletion } = values;
    if (ad && values.nights !== undefined)
      throw new RangeError('--nights: a real Active Directory has no past, leave it out with --ad');
    const nights = ad ? 1 : wholeNumber('--nights', values.nights ?? String(nightsNeeded), 1, mostNights);
    const objects = wholeNumber('--objects', values.objects, smallestOrganisation, 2_000_000);
    const seed = wholeNumber('--seed', values.seed, 0, 2 ** 31 - 1);
    const port = wholeNumber('--port', values.port, 0, 65_535);
    return { kind: 'run', arguments: { once, json, func, ad, allowDeletion, nights, objects, seed, port } };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

function wholeNumber(name: string, text: string, smallest: number, largest: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= smallest && value <= largest) return value;
  throw new RangeError(
    `${name}: a whole number from ${smallest} to ${largest} was expected, found "${text}"`,
  );
}
