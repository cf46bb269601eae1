// Command driver is the AWS SDK for Go v2 as a driver; drivers.py describes the lines.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

const longestLine = 64 << 20

// fromLine turns milliseconds into what encoding/json reads as a time; base64 it reads as bytes already.
func fromLine(value any, name string) any {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			value[key] = fromLine(item, key)
		}
	case []any:
		for i, item := range value {
			value[i] = fromLine(item, "")
		}
	case float64:
		if strings.HasSuffix(name, "Timestamp") {
			return time.UnixMilli(int64(value)).UTC().Format(time.RFC3339Nano)
		}
	}
	return value
}

// toLine gives what the structures of an answer hold; what the answer did not have is left out.
func toLine(value reflect.Value) any {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return nil
		}
		return toLine(value.Elem())
	case reflect.Slice:
		if value.IsNil() {
			return nil
		}
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return base64.StdEncoding.EncodeToString(value.Bytes())
		}
		items := []any{}
		for i := range value.Len() {
			items = append(items, toLine(value.Index(i)))
		}
		return items
	case reflect.Map:
		if value.IsNil() {
			return nil
		}
		members := map[string]any{}
		for _, key := range value.MapKeys() {
			members[key.String()] = toLine(value.MapIndex(key))
		}
		return members
	case reflect.String: // enumerations are no pointers: empty is absent
		if value.Type() != reflect.TypeFor[string]() && value.String() == "" {
			return nil
		}
		return value.String()
	case reflect.Struct:
		if moment, ok := value.Interface().(time.Time); ok {
			return moment.UnixMilli()
		}
		members := map[string]any{}
		for i := range value.NumField() {
			field := value.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" {
				continue
			}
			if item := toLine(value.Field(i)); item != nil {
				members[field.Name] = item
			}
		}
		return members
	default:
		return value.Interface()
	}
}

type request struct {
	Operation string `json:"operation"`
	Input     any    `json:"input"`
}

func call(client *kinesis.Client, asked request) map[string]any {
	method := reflect.ValueOf(client).MethodByName(asked.Operation)
	if !method.IsValid() {
		return map[string]any{"failure": "the SDK has no operation " + asked.Operation}
	}
	input := reflect.New(method.Type().In(1).Elem())
	text, err := json.Marshal(fromLine(asked.Input, ""))
	if err == nil {
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(input.Interface())
	}
	if err != nil {
		return map[string]any{"failure": err.Error()}
	}
	answer := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
	if err, _ := answer[1].Interface().(error); err != nil {
		var fault smithy.APIError
		var response *awshttp.ResponseError
		if !errors.As(err, &fault) || !errors.As(err, &response) {
			return map[string]any{"failure": err.Error()}
		}
		return map[string]any{"error": map[string]any{
			"code": fault.ErrorCode(), "message": fault.ErrorMessage(), "status": response.HTTPStatusCode()}}
	}
	if subscribed, is := answer[0].Interface().(*kinesis.SubscribeToShardOutput); is {
		return events(subscribed.GetStream())
	}
	return map[string]any{"output": toLine(answer[0])}
}

// events reads a subscription to its end.
func events(stream *kinesis.SubscribeToShardEventStream) map[string]any {
	defer stream.Close()
	found := []any{}
	for event := range stream.Events() {
		if event, is := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent); is {
			found = append(found, toLine(reflect.ValueOf(event.Value)))
		}
	}
	if err := stream.Err(); err != nil {
		return map[string]any{"failure": err.Error()}
	}
	return map[string]any{"output": map[string]any{"EventStream": found}}
}

func answer(client *kinesis.Client, line []byte) any {
	var one request
	if json.Unmarshal(line, &one) == nil {
		return call(client, one)
	}
	var many []request
	if err := json.Unmarshal(line, &many); err != nil {
		return map[string]any{"failure": err.Error()}
	}
	answers := make([]any, len(many))
	var group sync.WaitGroup
	for i, one := range many {
		group.Add(1)
		go func() {
			defer group.Done()
			answers[i] = call(client, one)
		}()
	}
	group.Wait()
	return answers
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/aws/aws-sdk-go-v2/service/kinesis" {
			return module.Version + ", " + runtime.Version()
		}
	}
	return "unknown"
}

func main() {
	settings, err := config.LoadDefaultConfig(context.Background(), config.WithRetryMaxAttempts(3))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	client := kinesis.NewFromConfig(settings)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	answers := json.NewEncoder(os.Stdout)
	_ = answers.Encode(map[string]any{"ready": version()})
	for lines.Scan() {
		_ = answers.Encode(answer(client, lines.Bytes()))
	}
}
