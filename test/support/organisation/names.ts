import type { Random } from './random';

type Names = readonly [string, ...string[]];

/** `written|ascii` where the name can not be spelled in ASCII by dropping its accents. */
const givenNames: Names = [
  'Aaliyah', 'Adéla', 'Ahmed', 'Aleksandra', 'Amélie', 'Ana', 'Björn', 'Carlos', 'Chloë', 'Conor', 'Daniela', 'Dmitri',
  'Elif', 'Emma', 'Eoin', 'Fatima', 'François', 'Grace', 'Hana', 'Hiroshi', 'Ingrid', 'Ivan', 'João', 'Jürgen', 'Katarzyna',
  'Lars', 'Léa', 'Liam', 'Linh', 'Łukasz', 'Magnus', 'Maria', 'Mohammed', 'Nadia', 'Noah', 'Olivia', 'Óscar', 'Priya',
  'Quentin', 'Rosa', 'Samuel', 'Søren', 'Tomáš', 'Ursula', 'Victor', 'Wei', '小明|xiaoming', 'Ελένη|eleni', 'Yara', 'Zoë',
]; // prettier-ignore
const surnames: Names = [
  'Andersson', 'Baker', 'Bauer', 'Çelik', 'Chen', "D'Angelo", 'Dubois', 'Eriksen', 'Fernández', 'Fischer', 'García', 'Grüber',
  'Haddad', 'Hansen', 'Horváth', 'Ivanova', 'Jensen', 'Jones', 'Kaya', 'Kowalski', 'Kumar', 'Lefèvre', 'López', 'Müller',
  'Nakamura', 'Nguyễn', 'Novák', "O'Brien", "O'Neill", 'Okafor', 'Øster', 'Patel', 'Petrović', 'Quinn', 'Rossi', 'Sánchez',
  'Schäfer', 'Silva', 'Singh', 'Smith', 'Strauß', 'Tanaka', 'Taylor', 'Ueda', 'Van der Berg', 'Vogel', 'Weiß', 'Williams',
  '王|wang', 'Παπαδόπουλος|papadopoulos', 'Xu', 'Yılmaz', 'Zając', 'Żukowska', 'Zimmermann',
]; // prettier-ignore

export const departments: Names = [
  'Accounting', 'Customer Service', 'Engineering', 'Facilities', 'Finance', 'Human Resources', 'IT', 'Legal', 'Logistics',
  'Marketing', 'Procurement', 'Production', 'Quality', 'Research', 'Sales',
]; // prettier-ignore
export const cities: Names = [
  'Zürich', 'Köln', 'Montréal', 'São Paulo', 'København', 'Łódź', 'Málaga', 'Göteborg', 'Dublin', 'Leeds', 'Osaka', 'Austin',
]; // prettier-ignore
export const jobTitles: Names = [
  'Analyst',
  'Assistant',
  'Consultant',
  'Engineer',
  'Lead',
  'Manager',
  'Specialist',
  'Trainee',
];
/** Mail domains of the firms that contacts and guests belong to. */
export const partnerDomains: Names = [
  'adatum.example',
  'proseware.example',
  'litware.example',
  'wingtip.example',
];

/** Letters that have no accent to drop. */
const spelledOut: Readonly<Record<string, string>> = { ł: 'l', ø: 'o', ß: 'ss', ı: 'i', đ: 'd', æ: 'ae' };

/** ASCII, lower case, for names that systems use: accents dropped, blanks gone. Apostrophes stay, as they do in mail addresses. */
export const asciiOf = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[łøßıđæ]/g, letter => spelledOut[letter] ?? letter)
    .replace(/[^a-z0-9.'-]/g, '');

interface Spelling {
  readonly written: string;
  readonly ascii: string;
}

function spellingOf(name: string): Spelling {
  const [written = name, ascii = asciiOf(name)] = name.split('|');
  return { written, ascii };
}
const spellings = new Map([...givenNames, ...surnames].map(name => [name, spellingOf(name)]));
const spelled = (name: string): Spelling => spellings.get(name) ?? spellingOf(name);

export interface Person {
  readonly givenName: string;
  readonly surname: string;
  readonly displayName: string;
  /** For the DN: like the display name, but no two persons share it. */
  readonly commonName: string;
  /** For the part of an address before the `@`; unique. */
  readonly login: string;
  /** At most 20 characters, as AD demands; unique. */
  readonly sAMAccountName: string;
}

/** Hands out names; no name twice, whatever its case, and whatever it is for. */
export class NamePool {
  readonly #taken = new Set<string>();
  readonly #last = new Map<string, number>();

  /** `base` itself the first time, then `base2`, `base3` … */
  take(base: string): string {
    const key = base.toLowerCase();
    let ordinal = this.#last.get(key) ?? 0;
    let name: string;
    do {
      ordinal += 1;
      name = ordinal === 1 ? base : `${base}${ordinal}`;
    } while (this.#taken.has(name.toLowerCase()));
    this.#last.set(key, ordinal);
    this.#taken.add(name.toLowerCase());
    return name;
  }

  person(random: Random): Person {
    const given = spelled(random.pick(givenNames));
    const family = spelled(random.pick(surnames));
    const base = `${given.ascii}.${family.ascii}`;
    const login = this.take(base);
    const displayName = `${given.written} ${family.written}`;
    return {
      givenName: given.written,
      surname: family.written,
      displayName,
      commonName: login === base ? displayName : `${displayName} ${login.slice(base.length)}`,
      login,
      sAMAccountName: this.take(
        `${given.ascii.charAt(0)}${family.ascii.replace(/[^a-z]/g, '')}`.slice(0, 14),
      ),
    };
  }
}
