// Records protobuf.json: what a registry answers, and records as Confluent's serializer for Node makes them.
// Made with @confluentinc/schemaregistry 1.10.1 and @bufbuild/protobuf (npm) on an Apicurio registry 3.3.3
// with the real compiler: node make-protobuf.mjs http://HOST:PORT/apis/ccompat/v7 PROTOC
import sr from '@confluentinc/schemaregistry';
import * as protobuf from '@bufbuild/protobuf';
import * as wkt from '@bufbuild/protobuf/wkt';
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';

const {SchemaRegistryClient, ProtobufSerializer, SerdeType} = sr;
const base = process.argv[2];
const money = `syntax = "proto3";
package shop;
message Unused { string a = 1; }
message Money { int64 cents = 1; Currency currency = 2; enum Currency { EUR = 0; CHF = 1; } }
`;
const order = `syntax = "proto3";
package shop;
import "shop/money.proto";
import "google/protobuf/timestamp.proto";
message First { string a = 1; }
message Events {
  message Ignored { string a = 1; }
  message Order {
    string number = 1;
    Customer customer = 2;
    Money amount = 3;
    google.protobuf.Timestamp created_at = 4;
    repeated string skus = 5;
    map<string, int32> counts = 6;
    oneof paid { string card = 7; bool cash = 8; }
    optional int32 rating = 9;
    bytes raw = 10;
    double weight = 11;
    uint64 total = 12;
  }
}
message Customer { int64 id = 1; string mail = 2; }
`;
fs.mkdirSync('shop', {recursive: true});
fs.writeFileSync('shop/money.proto', money);
fs.writeFileSync('orders.proto', order);
// With the real compiler.
execFileSync(process.argv[3], ['--include_imports', '-o', 'orders.pb', 'orders.proto']);
const registry = protobuf.createFileRegistry(protobuf.fromBinary(wkt.FileDescriptorSetSchema, fs.readFileSync('orders.pb')));
const type = registry.getMessage('shop.Events.Order');
// Apicurio does not take the compiled form that Confluent's client registers: the text is registered
// instead, and the serializer told its id.
const client = new SchemaRegistryClient({baseURLs: [base]});
await client.register('shop-money', {schemaType: 'PROTOBUF', schema: money});
const references = [{name: 'shop/money.proto', subject: 'shop-money', version: 1}];
const id = await client.register('orders-pb-value', {schemaType: 'PROTOBUF', schema: order, references});
client.register = async () => id;
client.registerFullResponse = async (subject, schema) => ({...schema, id, subject, version: 1});
client.getId = async () => id;
client.getVersion = async () => 1;
client.getIdFullResponse = async () => ({id, version: 1});
const ser = new ProtobufSerializer(client, SerdeType.VALUE, {});
ser.registry.add(type);
const value = protobuf.create(type, {number: 'o-1', customer: {id: 42n, mail: 'Ann@x.example'}, amount: {cents: 950n, currency: 1},
  createdAt: {seconds: 1763710500n, nanos: 123000000}, skus: ['A', 'B'], counts: {A: 2}, paid: {case: 'cash', value: true},
  rating: 0, raw: new Uint8Array([1, 2]), weight: 0.5, total: 18446744073709551615n});
const first = registry.getMessage('shop.First');
ser.registry.add(first);
const records = {
  first: (await ser.serialize('orders', value)).toString('base64'),
  other: (await ser.serialize('orders', protobuf.create(first, {a: 'x'}))).toString('base64'),
};
const answers = {};
for (const path of ['/schemas/ids/' + id, '/subjects/shop-money/versions/1', '/schemas/ids/999999']) {
  const r = await fetch(base + path);
  answers[path] = {status: r.status, body: await r.text()};
}
fs.writeFileSync('protobuf.json', JSON.stringify({records, answers}, null, 2) + '\n');
