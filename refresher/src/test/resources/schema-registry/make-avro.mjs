// Records avro.json: what a registry answers, and records as Confluent's serializer for Node makes them.
// Made with @confluentinc/schemaregistry 1.10.1 (npm) on an Apicurio registry 3.3.3 with no schemas in it:
// node make-avro.mjs http://HOST:PORT/apis/ccompat/v7
import sr from '@confluentinc/schemaregistry';
import fs from 'node:fs';
const {SchemaRegistryClient, AvroSerializer, SerdeType} = sr;
const base = process.argv[2];
const client = new SchemaRegistryClient({baseURLs: [base]});
const money = {type: 'record', name: 'Money', namespace: 'shop', fields: [
  {name: 'value', type: {type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2}},
  {name: 'currency', type: {type: 'enum', name: 'Currency', symbols: ['EUR', 'CHF']}}]};
const order = (extra) => ({type: 'record', name: 'Order', namespace: 'shop', fields: [
  {name: 'number', type: 'string'},
  {name: 'customer', type: {type: 'record', name: 'Customer', fields: [
    {name: 'id', type: 'long'}, {name: 'mail', type: ['null', 'string'], default: null}]}},
  {name: 'amount', type: 'shop.Money'},
  {name: 'at', type: {type: 'long', logicalType: 'timestamp-millis'}},
  {name: 'day', type: {type: 'int', logicalType: 'date'}},
  {name: 'lines', type: {type: 'array', items: {type: 'map', values: ['int', 'string', 'double', 'boolean']}}},
  ...extra]});
await client.register('money', {schemaType: 'AVRO', schema: JSON.stringify(money)});
const references = [{name: 'shop.Money', subject: 'money', version: 1}];
const make = async (topic, schema, value) => {
  await client.register(topic + '-value', {schemaType: 'AVRO', schema: JSON.stringify(schema), references});
  const fresh = new SchemaRegistryClient({baseURLs: [base]});
  const ser = new AvroSerializer(fresh, SerdeType.VALUE, {useLatestVersion: true});
  return (await ser.serialize(topic, value)).toString('base64');
};
const cents = (n) => { const b = Buffer.alloc(2); b.writeInt16BE(n); return b; };
const one = {number: 'o-1', customer: {id: 42, mail: 'Ann@x.example'}, amount: {value: cents(950), currency: 'CHF'},
  at: 1763710500123, day: 20413, lines: [{sku: {string: 'A'}, count: {int: 2}}, {gift: {boolean: true}}]};
const two = {...one, number: 'o-2', customer: {id: 43, mail: null}, amount: {value: cents(-5), currency: 'EUR'}, lines: []};
const records = {};
records.first = await make('orders', order([]), one);
records.second = await make('orders', order([{name: 'coupon', type: ['null', 'string'], default: null}]), {...two, coupon: 'SAVE'});
const answers = {};
const get = async (path) => { const r = await fetch(base + path); answers[path] = {status: r.status, body: await r.text()}; return answers[path]; };
for (const r of Object.values(records)) {
  const id = Buffer.from(r, 'base64').readInt32BE(1);
  const a = JSON.parse((await get('/schemas/ids/' + id)).body);
  for (const ref of a.references ?? []) await get(`/subjects/${ref.subject}/versions/${ref.version}`);
}
await get('/schemas/ids/999999');
fs.writeFileSync('avro.json', JSON.stringify({records, answers}, null, 2) + '\n');
