// Command driver is the AWS SDK for Go v2 as a driver; drivers.py describes the lines.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
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

// send gives what the SDK answers: a pointer to the operation's output.
func send(client *kinesis.Client, asked request) (any, error) {
	method := reflect.ValueOf(client).MethodByName(asked.Operation)
	if !method.IsValid() {
		return nil, errors.New("the SDK has no operation " + asked.Operation)
	}
	input := reflect.New(method.Type().In(1).Elem())
	text, err := json.Marshal(fromLine(asked.Input, ""))
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(input.Interface()); err != nil {
		return nil, err
	}
	answer := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
	err, _ = answer[1].Interface().(error)
	return answer[0].Interface(), err
}

func call(client *kinesis.Client, asked request) map[string]any {
	perform := send
	if special, ok := ofSubscriptions[asked.Operation]; ok {
		perform = special
	}
	output, err := perform(client, asked)
	if err == nil {
		return map[string]any{"output": toLine(reflect.ValueOf(output))}
	}
	var fault smithy.APIError
	if !errors.As(err, &fault) {
		return map[string]any{"failure": err.Error()}
	}
	told := map[string]any{"code": fault.ErrorCode(), "message": fault.ErrorMessage()}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		told["status"] = response.HTTPStatusCode()
	}
	return map[string]any{"error": told}
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

// plainBodies hides io.WriterTo of request bodies. The SDK closes a body when the head of the reply has come, and its
// WriteTo then fails instead of being at its end: to net/http a failed request, whose connection it drops with the
// reply half read. Over HTTP/1.1 a server that answers within microseconds is met by that now and then.
type plainBodies struct{ aws.HTTPClient }

func (client plainBodies) Do(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		request.Body = struct{ io.ReadCloser }{request.Body}
	}
	return client.HTTPClient.Do(request)
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
	if settings.HTTPClient == nil {
		settings.HTTPClient = awshttp.NewBuildableClient()
	}
	settings.HTTPClient = plainBodies{settings.HTTPClient}
	client := kinesis.NewFromConfig(settings)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	answers := json.NewEncoder(os.Stdout)
	_ = answers.Encode(map[string]any{"ready": version()})
	for lines.Scan() {
		_ = answers.Encode(answer(client, lines.Bytes()))
	}
}
