// One demo city for all scenarios: the story makes it, the others open it again with what the story left there.
import { City, keepPlain } from './lib/city.mjs';
import { closeIdle } from './lib/http.mjs';
import { finish } from './lib/report.mjs';
import { story } from './story.mjs';
import { input } from './input.mjs';
import { uploads } from './uploads.mjs';
import { roles } from './roles.mjs';
import { attacks } from './attacks.mjs';
import { repeats } from './repeats.mjs';
import { supply } from './supply.mjs';
import { later } from './later.mjs';
import { silence } from './silence.mjs';
import { faults } from './faults_of_the_city.mjs';
import { demo } from './demo.mjs';
import { progress } from './progress.mjs';
import { membership } from './membership.mjs';
import { landing } from './landing.mjs';
import { oversight } from './oversight.mjs';
import { stewards } from './stewards.mjs';
import { guide } from './guide.mjs';
import { proactive } from './proactive.mjs';
import { operators } from './operators.mjs';
import { accounts } from './accounts.mjs';
import { schemas } from './schemas.mjs';
import { rules } from './rules.mjs';
import { services } from './services.mjs';
import { work_door } from './work.mjs';
import { begun } from './begun.mjs';
import { waiting } from './waiting.mjs';
import { errands } from './errands.mjs';
import { items } from './items.mjs';
import { handover } from './handover.mjs';
import { moves } from './moves.mjs';

const folder = 'build/scenarios/city';
// What days of waiting bring comes last: the city does not go back to an earlier day.
const scenarios = { input, uploads, roles, accounts, attacks, repeats, supply, later, silence, membership, landing, oversight, stewards, guide, proactive, operators, faults, progress, schemas, demo, rules, services, work_door, begun, errands, handover, moves, items, waiting };
const only = process.env.SCENARIOS?.split(' ') ?? Object.keys(scenarios);

const told = await story(folder);
await keepPlain(folder, ['000131002003', '000508001001', '000508002001', '000508003001']); // what the others ask is not how these are decided
const city = await City.open(folder);
try {
  for (const name of only) {
    await scenarios[name]?.(city, told);
  }
} finally {
  closeIdle();
  await city.close();
}
finish();
