'use strict';
// Sends every kind of event about some people with an SDK of which only the host is changed:
// node send.js segment|rudderstack URL WRITE_KEY PEOPLE. Ends with 0 once the SDK has delivered.
const [sdk, url, writeKey, people] = process.argv.slice(2);

function clientOf() {
  if (sdk === 'segment') {
    const { Analytics } = require('@segment/analytics-node');
    const client = new Analytics({ writeKey, host: url, flushAt: 7, flushInterval: 200 });
    client.on('error', (error) => fail(error));
    return { client, end: () => client.closeAndFlush({ timeout: 30000 }) };
  }
  const loaded = require('@rudderstack/rudder-sdk-node');
  const RudderAnalytics = loaded.default || loaded;
  const client = new RudderAnalytics(writeKey, {
    dataPlaneUrl: url,
    flushAt: 7,
    flushInterval: 200,
    logLevel: 'error',
  });
  return { client, end: () => client.flush() };
}

function fail(error) {
  console.error(String(error && error.code), String(error && error.reason));
  process.exit(1);
}

async function main() {
  const { client, end } = clientOf();
  let pending = 0;
  let settle;
  const settled = new Promise((resolve) => {
    settle = resolve;
  });
  const done = (error) => {
    if (error) {
      fail(error);
    }
    pending--;
    if (pending === 0) {
      settle();
    }
  };
  const call = (name, message) => {
    pending++;
    client[name](message, done);
  };
  for (let n = 0; n < Number(people); n++) {
    const userId = `${sdk}-${n}`;
    const anonymousId = `${sdk}-anonymous-${n}`;
    call('page', { anonymousId, name: 'Home', properties: { url: '/x' } });
    call('identify', { userId, traits: { email: `${userId}@example.org`, n } });
    call('track', { userId, event: 'Order Completed', properties: { revenue: 10.5 } });
    call('screen', { userId, name: 'Start' });
    call('group', { userId, groupId: `${sdk}-group`, traits: { plan: 'pro' } });
    call('alias', { userId, previousId: anonymousId });
  }
  await Promise.all([end(), settled]);
  process.exit(0);
}

main().catch(fail);
