// What a team writes in an afternoon: two reads and the profile as JSON. One process, no cluster.
// Arguments: the port of Redis.
import Fastify from 'fastify';
import Redis from 'ioredis';

const redis = new Redis(Number(process.argv[2]), '127.0.0.1');
const app = Fastify();

app.get('/profiles/:userId', async (request, reply) => {
  const id = await redis.get(`thin:i:user_id:${request.params.userId}`);
  const profile = id === null ? null : await redis.get(`thin:p:${id}`);
  if (profile === null) {
    return reply.code(404).send({ code: 'not_found' });
  }
  return reply.type('application/json').send(profile);
});

await app.listen({ port: 0, host: '127.0.0.1' });
console.log(`http ${app.server.address().port}`);
process.stdin.on('end', () => process.exit(0)).resume();
