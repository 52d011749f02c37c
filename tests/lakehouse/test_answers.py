"""What a Spark Connect server answers is read whole, or is an error."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pyspark.sql.connect.proto as connect
import pytest
from pyspark.sql import SparkSession

from lakehouse.answers import checked_session
from lakehouse.errors import AnswerDamaged

BATCH = connect.ExecutePlanResponse.ArrowBatch(row_count=1, data=b"a row" * 50)
CUT_SHORT = connect.ExecutePlanResponse(arrow_batch=BATCH).SerializeToString()[:-1]


@pytest.fixture(params=["followed", "not followed"])
def session(request: pytest.FixtureRequest) -> Iterator[SparkSession]:
    """A session at a server whose answers break off within the last message, and are said to have gone well."""

    def answer(given: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        asked = connect.ExecutePlanRequest.FromString(given)
        schema = connect.DataType(struct=connect.DataType.Struct())
        first = connect.ExecutePlanResponse(session_id=asked.session_id, schema=schema)
        yield first.SerializeToString()
        yield CUT_SHORT

    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    methods = {"ExecutePlan": grpc.unary_stream_rpc_method_handler(answer)}
    handler = grpc.method_handlers_generic_handler("spark.connect.SparkConnectService", methods)
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    session = checked_session(f"sc://127.0.0.1:{port}")
    if request.param == "not followed":
        session.client.disable_reattachable_execute()
    yield session
    session.client.close()
    server.stop(grace=None).wait()


def test_an_answer_with_a_message_that_cannot_be_read_is_an_error_and_not_a_shorter_one(
    session: SparkSession,
) -> None:
    with pytest.raises(AnswerDamaged) as caught:
        session.range(1).collect()
    assert "message 1 of the answer to" in str(caught.value)
    assert f"{len(CUT_SHORT)} bytes" in str(caught.value)
    assert "a row" not in str(caught.value)
