package main

import (
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// The event streams that are open, by number.
var (
	subscriptions   = map[int]*kinesis.SubscribeToShardEventStream{}
	subscribed      int
	ofSubscriptions = map[string]func(*kinesis.Client, request) (any, error){
		"SubscribeToShard": subscribe,
		"NextEvent":        nextEvent,
		"Unsubscribe":      unsubscribe,
	}
	lock sync.Mutex
)

func subscription(asked request) (int, *kinesis.SubscribeToShardEventStream) {
	lock.Lock()
	defer lock.Unlock()
	number := int(asked.Input.(map[string]any)["Subscription"].(float64))
	return number, subscriptions[number]
}

func subscribe(client *kinesis.Client, asked request) (any, error) {
	output, err := send(client, asked)
	if err != nil {
		return nil, err
	}
	lock.Lock()
	defer lock.Unlock()
	subscribed++
	subscriptions[subscribed] = output.(*kinesis.SubscribeToShardOutput).GetStream()
	return map[string]int{"Subscription": subscribed}, nil
}

func nextEvent(_ *kinesis.Client, asked request) (any, error) {
	_, stream := subscription(asked)
	switch event := (<-stream.Events()).(type) {
	case nil:
		return map[string]any{}, stream.Err()
	case *types.SubscribeToShardEventStreamMemberSubscribeToShardEvent:
		return map[string]any{"SubscribeToShardEvent": event.Value}, nil
	default:
		return nil, fmt.Errorf("an event of another type: %T", event)
	}
}

func unsubscribe(_ *kinesis.Client, asked request) (any, error) {
	number, stream := subscription(asked)
	lock.Lock()
	delete(subscriptions, number)
	lock.Unlock()
	stream.Close() // its error is that of the stream, which NextEvent tells
	return map[string]any{}, nil
}
