// Calls everything of tests/support/shop.ts by the generated client, which is compiled beside it in
// the package main, and prints what it saw. The argument is JSON: addresses and credentials.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

func show(seen ...any) {
	text, err := json.Marshal(seen)
	must(err)
	fmt.Println(string(text))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func nameOf(err error) string {
	var failure *Error
	if !errors.As(err, &failure) {
		panic(fmt.Sprint("no error of a call: ", err))
	}
	return failure.Name
}

func iso(moment time.Time) string { return moment.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func main() {
	var told struct {
		TCP, TLS, Relay, Mutual, HTTPS                      string
		Forgetful, Stopping, Remembering                    string
		APIKey, Username, Password, CA, Cert, Careful, Code string
		Key                                                 string
	}
	must(json.Unmarshal([]byte(os.Args[1]), &told))
	ctx := context.Background()
	client, err := Connect(ctx, told.TCP, Options{})
	must(err)
	due := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	order, err := client.OrdersCreate(ctx, OrdersCreateParams{
		Item: "cup", Count: 2, Due: due, Photo: []byte{0, 255}, Class: Ptr(OrdersCreateClassGold),
	})
	must(err)
	photo := []int{}
	for _, each := range order.Photo {
		photo = append(photo, int(each))
	}
	show("order", order.ID, order.Status, iso(order.Due), photo, order.Note, order.Place,
		order.Tags["class"])
	_, err = client.OrdersCreate(ctx, OrdersCreateParams{Item: "cup", Count: 4, Due: due})
	var missing *OutOfStockError
	if errors.As(err, &missing) {
		show(missing.Cause.Name, missing.Details.Left)
	}
	top, err := client.Tree(ctx)
	must(err)
	show("tree", top.Depth, top.Next.Depth)
	double, err := client.ShapesDouble(ctx, ShapesDoubleParams{
		Shape: ShapesDoubleShapeCircle{Kind: "circle", Radius: 3, At: time.Unix(0, 0)},
	})
	must(err)
	circle, err := As[ShapesDoubleResultCircle](double)
	must(err)
	show(circle.Kind, circle.Radius, iso(circle.At))
	stream, err := client.Ticks(ctx, TicksParams{To: 3})
	must(err)
	items := []TicksItem{}
	for stream.Next() {
		items = append(items, stream.Value())
	}
	must(stream.Err())
	show("ticks", len(items), iso(items[2].At))
	stream, err = client.Ticks(ctx, TicksParams{To: 100_000})
	must(err)
	for stream.Next() {
		if stream.Value().N == 2 {
			show("left", 2)
			break
		}
	}
	stream.Close()
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	_, err = client.Hang(short)
	cancel()
	if !errors.Is(err, context.DeadlineExceeded) {
		panic(err)
	}
	show("hang", nameOf(err))
	left, cancel := context.WithCancel(ctx)
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = client.Hang(left)
	show("hang", nameOf(err))
	flaky, err := client.Flaky(ctx)
	must(err)
	show("flaky", flaky)
	forgetful, err := Connect(ctx, told.Forgetful, Options{})
	must(err)
	again, err := forgetful.Flaky(ctx)
	must(err)
	show("again", again)
	forgetful.Close()
	stopping, err := Connect(ctx, told.Stopping, Options{})
	must(err)
	var elsewhere int
	must(stopping.Call(ctx, "orders.count", nil, &elsewhere))
	show("elsewhere", elsewhere)
	stopping.Close()
	remembering, err := Connect(ctx, told.Remembering, Options{})
	must(err)
	var keyed int
	must(remembering.Call(ctx, "orders.count", nil, &keyed, CallOptions{IdempotencyKey: "once"}))
	show("keyed", keyed)
	remembering.Close()
	from, err := client.From(ctx, FromParams{In: "Paris", Client: Ptr("bob")})
	must(err)
	show("from", from)
	_, err = client.Who(ctx)
	show("nobody", nameOf(err))
	client.Close()

	who := func(address string, options Options) string {
		options.CA = told.CA
		client, err := Connect(ctx, address, options)
		if err != nil {
			return nameOf(err)
		}
		defer client.Close()
		name, err := client.Who(ctx)
		must(err)
		return name
	}
	show("key", who(told.TLS, Options{APIKey: told.APIKey}))
	signedIn, err := Connect(ctx, told.TLS, Options{APIKey: told.APIKey, CA: told.CA})
	must(err)
	big := make([]byte, 1_048_576)
	for at := range big {
		big[at] = byte(at)
	}
	order, err = signedIn.OrdersCreate(ctx, OrdersCreateParams{Item: "cup", Count: 1, Due: due, Photo: big})
	must(err)
	signedIn.Close()
	show("big", len(order.Photo), order.Photo[len(order.Photo)-1])
	show("password", who(told.TLS, Options{Username: told.Username, Password: told.Password}))
	show("wrong", who(told.TLS, Options{Username: told.Username, Password: "wrong horse"}))
	show("code", who(told.TLS, Options{Username: told.Careful, Password: told.Password}))
	show("code", who(told.TLS, Options{
		Username: told.Careful, Password: told.Password,
		Code: func(context.Context, []string) (string, error) { return "abcde-fghij", nil },
	}))
	var asked []string
	sure, err := Connect(ctx, told.Relay, Options{
		Username: told.Careful, Password: told.Password, CA: told.CA,
		Code: func(_ context.Context, kinds []string) (string, error) {
			asked = append(asked, kinds...)
			return told.Code, nil
		},
	})
	must(err)
	name, err := sure.Who(ctx)
	must(err)
	later, err := sure.Lose(ctx)
	must(err)
	sure.Close()
	show("code", name, later, asked)
	show("certificate", who(told.Mutual, Options{Cert: told.Cert, Key: told.Key}))
	_, err = Connect(ctx, told.TLS, Options{})
	show("untrusted", nameOf(err))

	password := Options{Username: told.Username, Password: told.Password, CA: told.CA}
	gateway, err := Connect(ctx, told.HTTPS, password)
	must(err)
	defer gateway.Close()
	name, err = gateway.Who(ctx)
	must(err)
	order, err = gateway.OrdersCreate(ctx, OrdersCreateParams{Item: "cup", Count: 1, Due: due, Photo: big})
	must(err)
	stream, err = gateway.Ticks(ctx, TicksParams{To: 1_000})
	must(err)
	total := 0
	for stream.Next() {
		total += int(stream.Value().N)
	}
	must(stream.Err())
	show("gateway", name, len(order.Photo), total)
	show("gateway", who(told.HTTPS, Options{APIKey: "dari_wrong"}))
}
