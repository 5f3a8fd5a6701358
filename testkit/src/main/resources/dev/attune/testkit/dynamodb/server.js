// DynamoDB for tests, on a free port of loopback, which it prints. Everything is kept in memory. It ends with its standard
// input, so that nothing is left behind by a test that was killed.
'use strict'

const dynalite = require('dynalite')

// Long enough that a table is not there at once: whoever creates one has to wait.
const server = dynalite({ createTableMs: 20, deleteTableMs: 20, updateTableMs: 20 })

// Dynalite has no UpdateTimeToLive. Here it is kept and told again; nothing ever expires.
const timeToLive = new Map()
const [answer] = server.listeners('request')
server.removeAllListeners('request')
server.on('request', (request, response) => {
  const operation = String(request.headers['x-amz-target']).split('.')[1]
  if (operation !== 'UpdateTimeToLive' && operation !== 'DescribeTimeToLive') {
    answer(request, response)
    return
  }
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const { TableName: table, TimeToLiveSpecification: wanted } = JSON.parse(Buffer.concat(chunks))
    const enabled = timeToLive.get(table)
    if (operation === 'DescribeTimeToLive') {
      reply(response, 200, {
        TimeToLiveDescription: enabled
          ? { TimeToLiveStatus: 'ENABLED', AttributeName: enabled }
          : { TimeToLiveStatus: 'DISABLED' },
      })
    } else if (enabled) {
      reply(response, 400, {
        __type: 'com.amazon.coral.validate#ValidationException',
        message: 'TimeToLive is already enabled',
      })
    } else {
      timeToLive.set(table, wanted.AttributeName)
      reply(response, 200, { TimeToLiveSpecification: wanted })
    }
  })
})

function reply (response, status, body) {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify(body))
}

process.stdin.on('end', () => process.exit(0)).resume()
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
