"""Every trigger on one page: tick timer, HTTP routes, Event Grid. Bodies parse, order, respond."""

# No `from __future__ import annotations`: the Functions worker reads the annotations of bindings.
import os

import azure.functions as func
from azure.durable_functions import DFApp
from azure.durable_functions import DurableOrchestrationClient as Client

import activities
import orchestrators
from shared.durable import blueprint
from shared.runtime.quiet import know_secrets, quieten_libraries
from shared.runtime.settings import needs_key
from shared.runtime.watching import watch
from web.api import (
    audit,
    dead_letters,
    health,
    http,
    incidents,
    plans,
    refreshes,
    routes,
    tables,
    watermarks,
)
from web.api.http import respond
from web.page import http as page

# Importing the two packages registers every step and flow with the blueprint.
__all__ = ["activities", "app", "orchestrators"]

quieten_libraries()
know_secrets(os.environ)
watch(os.environ)
# Where Entra ID says who asks, a key would be one more secret to hand out.
_level = func.AuthLevel.FUNCTION if needs_key(os.environ) else func.AuthLevel.ANONYMOUS
app = DFApp(http_auth_level=_level)
app.register_functions(blueprint)


@app.timer_trigger(arg_name="timer", schedule="%TIDEMARK_TICK%")
@app.durable_client_input(client_name="client")
async def tick(timer: func.TimerRequest, client: Client) -> None:  # noqa: ARG001 - the binding's name
    """Order what is due by schedule, and take up what a dead worker left."""
    await http.tick(client)


@app.event_grid_trigger(arg_name="event")
@app.durable_client_input(client_name="client")
async def on_data_changed(event: func.EventGridEvent, client: Client) -> None:
    """Bring a table up to date that a source says has changed."""
    await http.on_data_changed(event, client)


@app.event_grid_trigger(arg_name="event")
@app.durable_client_input(client_name="client")
async def on_blob_created(event: func.EventGridEvent, client: Client) -> None:
    """Read a file that has arrived in the landing zone."""
    await http.on_blob_created(event, client)


@app.route(route="loads", methods=["POST"])
@app.durable_client_input(client_name="client")
async def post_loads(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Order loads."""
    return await respond(routes.post_loads, req, client)


@app.route(route="plans", methods=["POST"])
async def post_plans(req: func.HttpRequest) -> func.HttpResponse:
    """Show what a load or a backfill would do; nothing is written."""
    return await respond(plans.post_plans, req)


@app.route(route="backfills", methods=["POST"])
@app.durable_client_input(client_name="client")
async def post_backfills(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Order a backfill."""
    return await respond(routes.post_backfills, req, client)


@app.route(route="reconciliations", methods=["POST"])
@app.durable_client_input(client_name="client")
async def post_reconciliations(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Order a reconciliation."""
    return await respond(routes.post_reconciliations, req, client)


@app.route(route="backfills/{id}", methods=["GET"])
async def get_backfill(req: func.HttpRequest) -> func.HttpResponse:
    """Show a backfill window by window."""
    return await respond(routes.get_backfill, req)


@app.route(route="backfills/{id}", methods=["DELETE"])
async def delete_backfill(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel a backfill."""
    return await respond(routes.delete_backfill, req)


@app.route(route="orders", methods=["GET"])
async def get_orders(req: func.HttpRequest) -> func.HttpResponse:
    """List orders, newest first."""
    return await respond(routes.get_orders, req)


@app.route(route="orders/{id}", methods=["GET"])
async def get_order(req: func.HttpRequest) -> func.HttpResponse:
    """Show an order with all its tables."""
    return await respond(routes.get_order, req)


@app.route(route="orders/{id}", methods=["DELETE"])
async def delete_order(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel an order."""
    return await respond(routes.delete_order, req)


@app.route(route="tables", methods=["GET"])
async def get_tables(req: func.HttpRequest) -> func.HttpResponse:
    """Show every table."""
    return await respond(tables.get_tables, req)


@app.route(route="tables/{source}/{table}", methods=["GET"])
async def get_table(req: func.HttpRequest) -> func.HttpResponse:
    """Show one table."""
    return await respond(tables.get_table, req)


@app.route(route="tables/{source}/{table}/watermarks", methods=["GET"])
async def get_watermarks(req: func.HttpRequest) -> func.HttpResponse:
    """List the watermarks that a table has had."""
    return await respond(watermarks.get_watermarks, req)


@app.route(route="tables/{source}/{table}/watermark", methods=["PUT"])
async def put_watermark(req: func.HttpRequest) -> func.HttpResponse:
    """Set a table's watermark by hand."""
    return await respond(watermarks.put_watermark, req)


@app.route(route="tables/{source}/{table}/watermark/rollback", methods=["POST"])
async def post_rollback(req: func.HttpRequest) -> func.HttpResponse:
    """Take a table's watermark back to an earlier one."""
    return await respond(watermarks.post_rollback, req)


@app.route(route="runs", methods=["GET"])
async def get_runs(req: func.HttpRequest) -> func.HttpResponse:
    """List runs, newest first."""
    return await respond(routes.get_runs, req)


@app.route(route="runs/{id}", methods=["GET"])
async def get_run(req: func.HttpRequest) -> func.HttpResponse:
    """Show one run."""
    return await respond(routes.get_run, req)


@app.route(route="runs/{id}", methods=["DELETE"])
async def delete_run(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel one table's run of an order."""
    return await respond(routes.delete_run, req)


@app.route(route="runs/{id}/rerun", methods=["POST"])
@app.durable_client_input(client_name="client")
async def post_rerun(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Run again what failed."""
    return await respond(routes.post_rerun, req, client)


@app.route(route="refreshes", methods=["POST"])
@app.durable_client_input(client_name="client")
async def post_refreshes(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Hand what was published to the lakehouse."""
    return await respond(refreshes.post_refreshes, req, client)


@app.route(route="refreshes", methods=["GET"])
async def get_refreshes(req: func.HttpRequest) -> func.HttpResponse:
    """List refreshes, newest first."""
    return await respond(refreshes.get_refreshes, req)


@app.route(route="refreshes/{number}", methods=["GET"])
async def get_refresh(req: func.HttpRequest) -> func.HttpResponse:
    """Show one refresh with the runs that it hands over."""
    return await respond(refreshes.get_refresh, req)


@app.route(route="refreshes/{number}", methods=["DELETE"])
@app.durable_client_input(client_name="client")
async def delete_refresh(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Cancel a refresh."""
    return await respond(refreshes.delete_refresh, req, client)


@app.route(route="deadletters", methods=["GET"])
async def get_letters(req: func.HttpRequest) -> func.HttpResponse:
    """List what could not be taken up, newest first."""
    return await respond(dead_letters.get_letters, req)


@app.route(route="deadletters/{id}", methods=["GET"])
async def get_letter(req: func.HttpRequest) -> func.HttpResponse:
    """Show one dead letter."""
    return await respond(dead_letters.get_letter, req)


@app.route(route="deadletters/{id}/replay", methods=["POST"])
@app.durable_client_input(client_name="client")
async def post_replay(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Take a dead letter up again."""
    return await respond(dead_letters.post_replay, req, client)


@app.route(route="audit", methods=["GET"])
async def get_audit(req: func.HttpRequest) -> func.HttpResponse:
    """List who did what, newest first."""
    return await respond(audit.get_audit, req)


@app.route(route="incidents", methods=["GET"])
async def get_incidents(req: func.HttpRequest) -> func.HttpResponse:
    """List what is wrong, and what was lately."""
    return await respond(incidents.get_incidents, req)


@app.route(route="health", methods=["GET"])
async def get_health(req: func.HttpRequest) -> func.HttpResponse:
    """Ask every dependency whether it answers."""
    return await respond(health.get_health, req)


@app.route(route="openapi.json", methods=["GET"])
async def get_openapi(req: func.HttpRequest) -> func.HttpResponse:
    """Describe this API."""
    return await respond(health.get_openapi, req)


@app.route(route="{root:maxlength(0)?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def get_home(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Show the first page of operations."""
    return await page.show(req, client)


@app.route(route="page/{*path}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def page_below(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    """Show a page of operations, or take a form; a session says who asks."""
    return await page.show(req, client)


@app.route(route="page/session", methods=["POST"])
async def post_page_session(req: func.HttpRequest) -> func.HttpResponse:
    """Open a session of the operations page for whoever has a function key."""
    return await page.open_session(req)
