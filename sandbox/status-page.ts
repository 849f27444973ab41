import type { FastifyPluginAsync } from 'fastify'
import { DEPENDENCIES, type Faults } from './faults.ts'
import type { Ledger } from './ledger.ts'
import type { Mailbox } from './mail/mailbox.ts'

export interface StatusPageOptions {
  readonly faults: Faults
  readonly ledger: Ledger
  readonly mailbox: Mailbox
}

/** `GET /`: what the stand-ins did and what is wrong with them, and how to change that. */
export const statusPage: FastifyPluginAsync<StatusPageOptions> = async (app, { faults, ledger, mailbox }) => {
  app.get('/', async (request, reply) => {
    const rows = DEPENDENCIES.map((name) => {
      const { mode, rate } = faults.current[name]
      const state = mode === 'none' ? 'well' : `${mode}, ${Math.round(rate * 100)} % of calls`
      return `<tr><th scope="row">${name}<td>${state}`
    })
    const example = `curl -X PUT http://${request.host}/faults/payment -H 'content-type: application/json' -d '{"mode":"error","rate":0.5}'`
    return reply.type('text/html; charset=utf-8').send(`<!doctype html>
<html lang="en"><title>Holdfast sandbox</title><meta name="color-scheme" content="light dark">
<style>body{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}th{text-align:left;padding-right:2rem}pre{overflow:auto}</style>
<h1>Holdfast sandbox</h1>
<p>Stands in for payment, the warehouse and mail.
<ul>
<li><a href="/ledger">Ledger</a>: ${ledger.charges.length} charges, ${ledger.refunds.length} refunds, ${ledger.reservations.size} reservations
<li><a href="/mailbox">Mailbox</a>: ${mailbox.messages.length} messages
<li><a href="/faults">Faults</a>
</ul>
<table>${rows.join('')}</table>
<p>Break something:<pre>${example}</pre>
`)
  })
}
