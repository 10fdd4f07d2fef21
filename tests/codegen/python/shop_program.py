"""Calls everything of tests/support/shop.ts by the generated client `shop`, and prints what it saw.

The argument is JSON: addresses and credentials.
"""

import json
import sys
import threading
from datetime import datetime, timezone
from typing import Any, List

import shop

told = json.loads(sys.argv[1])


def show(*seen: Any) -> None:
    print(json.dumps(seen), flush=True)


def iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def name_of(error: BaseException) -> str:
    assert isinstance(error, shop.DariError), error
    return error.name


due = datetime(2026, 1, 2, 3, 4, 5, 678_000, timezone.utc)
with shop.connect(told["tcp"]) as client:
    order = shop.orders_create(
        client, item="cup", count=2, due=due, photo=bytes([0, 255]), class_="gold"
    )
    assert isinstance(order["place"], tuple)
    show(
        "order",
        order["id"],
        order["status"],
        iso(order["due"]),
        list(order["photo"]),
        order["note"],
        order["place"],
        order["tags"]["class"],
    )
    try:
        shop.orders_create(client, item="cup", count=4, due=due, photo=b"")
    except shop.OutOfStockError as error:
        show(error.name, error.details["left"])
    top = shop.tree(client)
    assert top["next"] is not None and top["next"]["next"] is None
    show("tree", top["depth"], top["next"]["depth"])
    zero = datetime.fromtimestamp(0, timezone.utc)
    double = shop.shapes_double(client, shape={"kind": "circle", "radius": 3, "at": zero})
    assert double["kind"] == "circle"
    show(double["kind"], double["radius"], iso(double["at"]))
    items = list(shop.ticks(client, to=3))
    show("ticks", len(items), iso(items[-1]["at"]))
    with shop.ticks(client, to=100_000) as stream:
        for item in stream:
            if item["n"] == 2:
                show("left", item["n"])
                break
    try:
        shop.hang(client, timeout=0.1)
    except shop.DariError as error:
        show("hang", error.name)
    cancel = shop.Cancellation()
    threading.Timer(0.05, cancel.cancel).start()
    try:
        shop.hang(client, cancel=cancel)
    except shop.DariError as error:
        show("hang", error.name)
    show("flaky", shop.flaky(client))
    with shop.connect(told["forgetful"]) as forgetful:
        show("again", shop.flaky(forgetful))
    with shop.connect(told["stopping"]) as stopping:
        show("elsewhere", stopping.call("orders.count"))
    with shop.connect(told["remembering"]) as remembering:
        show("keyed", remembering.call("orders.count", idempotency_key="once"))
    show("from", shop.from_(client, in_="Paris", client_="bob"))
    try:
        shop.who(client)
    except shop.DariError as error:
        show("nobody", error.name)

ca = told["ca"]
with shop.connect(told["tls"], ca=ca, api_key=told["apiKey"]) as client:
    show("key", shop.who(client))
    photo = bytes(range(256)) * 4_096
    order = shop.orders_create(client, item="cup", count=1, due=due, photo=photo)
    assert order["photo"] == photo
    show("big", len(photo), photo[-1])
    # Threads share a client: each gets its own answers.
    mistakes: List[str] = []

    def call_often(name: str) -> None:
        for at in range(200):
            answer = shop.from_(client, in_=str(at), client_=name)
            if answer != f"{name} in {at}":
                mistakes.append(answer)
        total = sum(item["n"] for item in shop.ticks(client, to=1_000))
        if total != 500_500:
            mistakes.append(str(total))

    threads = [threading.Thread(target=call_often, args=(str(each),)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mistakes == [], mistakes[:10]
username, password = told["username"], told["password"]
with shop.connect(told["tls"], ca=ca, username=username, password=password) as client:
    show("password", shop.who(client))
try:
    shop.connect(told["tls"], ca=ca, username=username, password="wrong horse")
except shop.DariError as error:
    show("wrong", error.name)
careful = told["careful"]
try:
    shop.connect(told["tls"], ca=ca, username=careful, password=password)
except shop.DariError as error:
    show("code", error.name)
try:
    shop.connect(
        told["tls"], ca=ca, username=careful, password=password, code=lambda _: "abcde-fghij"
    )
except shop.DariError as error:
    show("code", error.name)
asked: List[str] = []


def code_for(kinds: List[str]) -> str:
    asked.extend(kinds)
    return str(told["code"])


with shop.connect(
    told["relay"], ca=ca, username=careful, password=password, code=code_for
) as client:
    show("code", shop.who(client), shop.lose(client), asked)
with shop.connect(told["mutual"], ca=ca, cert=told["cert"], key=told["key"]) as client:
    show("certificate", shop.who(client))
try:
    shop.connect(told["tls"])
except shop.DariError as error:
    show("untrusted", error.name)
with shop.connect(told["https"], ca=ca, username=username, password=password) as client:
    name = shop.who(client)
    order = shop.orders_create(client, item="cup", count=1, due=due, photo=photo)
    assert order["photo"] == photo
    total = sum(item["n"] for item in shop.ticks(client, to=1_000))
    show("gateway", name, len(photo), total)
try:
    shop.connect(told["https"], ca=ca, api_key="dari_wrong")
except shop.DariError as error:
    show("gateway", error.name)
