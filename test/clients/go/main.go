// A client on client-go that speaks protobuf only, for what JSON clients do not reach: objects, lists, watches, patches,
// options, errors, metadata, discovery and OpenAPI in protobuf. It prints what it found; protobuf-client.test.ts knows
// what that should be.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

var protobuf, other atomic.Int64

// What client-go asks for in JSON whatever it is told.
var jsonOnly = regexp.MustCompile("^/(apis?$|openapi/v3)")

type counting struct{ http.RoundTripper }

func (c counting) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := c.RoundTripper.RoundTrip(request)
	if err == nil && !jsonOnly.MatchString(request.URL.Path) {
		if strings.Contains(response.Header.Get("content-type"), "protobuf") {
			protobuf.Add(1)
		} else {
			other.Add(1)
			fmt.Println("not protobuf:", request.Method, request.URL.Path, response.Header.Get("content-type"))
		}
	}
	return response, err
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	return value
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	config := must(clientcmd.BuildConfigFromFlags("", os.Args[1]))
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = config.ContentType
	config.WrapTransport = func(next http.RoundTripper) http.RoundTripper { return counting{next} }
	clients := must(typed.NewForConfig(config))

	seen := make(chan string, 100)
	say := func(what string) func(any) {
		return func(object any) { seen <- what + " " + object.(meta.Object).GetName() }
	}
	source := cache.NewListWatchFromClient(clients.RESTClient(), "pods", "default", fields.Everything())
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{ListerWatcher: source, ObjectType: &core.Pod{},
		Handler: cache.ResourceEventHandlerFuncs{AddFunc: say("add"), DeleteFunc: say("delete"),
			UpdateFunc: func(_, object any) { say("update")(object) }}})
	go informer.RunWithContext(ctx)

	pods := clients.Pods("default")
	pod := &core.Pod{ObjectMeta: meta.ObjectMeta{Name: "p", Labels: map[string]string{"ü": ""}}}
	_, err := pods.Create(ctx, pod, meta.CreateOptions{})
	fmt.Println("invalid:", errors.IsInvalid(err), len(err.(*errors.StatusError).Status().Details.Causes) > 0)
	limits := core.ResourceList{"cpu": resource.MustParse("1500m"), "memory": resource.MustParse("0.5Gi")}
	pod.Labels = map[string]string{"app": "p"}
	pod.Spec.Containers = []core.Container{{Name: "c", Image: "x", Resources: core.ResourceRequirements{Limits: limits}}}
	created := must(pods.Create(ctx, pod, meta.CreateOptions{FieldManager: "go"}))
	fmt.Println("limits:", created.Spec.Containers[0].Resources.Limits.Cpu(), created.Spec.Containers[0].Resources.Limits.Memory())
	fmt.Println("seen:", <-seen)
	_, err = pods.Create(ctx, pod, meta.CreateOptions{})
	fmt.Println("exists:", errors.IsAlreadyExists(err))
	created.Labels["app"] = "q"
	updated := must(pods.Update(ctx, created, meta.UpdateOptions{}))
	fmt.Println("seen:", <-seen)
	_, err = pods.Update(ctx, created, meta.UpdateOptions{})
	fmt.Println("conflict:", errors.IsConflict(err))
	patched := must(pods.Patch(ctx, "p", types.StrategicMergePatchType, []byte(`{"metadata":{"labels":{"b":"c"}}}`), meta.PatchOptions{}))
	fmt.Println("patched:", patched.Labels, patched.ResourceVersion != updated.ResourceVersion)
	fmt.Println("seen:", <-seen)
	list := must(pods.List(ctx, meta.ListOptions{LabelSelector: "b=c", Limit: 1}))
	fmt.Println("listed:", len(list.Items), list.Items[0].Name)
	partial := must(must(metadata.NewForConfig(config)).Resource(core.SchemeGroupVersion.WithResource("pods")).Namespace("default").List(ctx, meta.ListOptions{}))
	fmt.Println("metadata:", len(partial.Items), partial.Items[0].Labels)
	none, wrong := int64(0), types.UID("wrong")
	err = pods.Delete(ctx, "p", meta.DeleteOptions{Preconditions: &meta.Preconditions{UID: &wrong}})
	fmt.Println("precondition:", errors.IsConflict(err))
	dry := []string{meta.DryRunAll}
	must(0, pods.Delete(ctx, "p", meta.DeleteOptions{GracePeriodSeconds: &none, DryRun: dry}))
	must(0, pods.Delete(ctx, "p", meta.DeleteOptions{GracePeriodSeconds: &none}))
	fmt.Println("seen:", <-seen)
	_, err = pods.Get(ctx, "p", meta.GetOptions{})
	fmt.Println("gone:", errors.IsNotFound(err))

	found := must(discovery.NewDiscoveryClientForConfig(config))
	lists := must(found.ServerPreferredResources())
	fmt.Println("discovered:", len(lists) > 20)
	document := must(found.OpenAPISchema())
	fmt.Println("openapi v2:", document.GetInfo().GetTitle(), len(document.GetDefinitions().GetAdditionalProperties()) > 500)
	paths := must(found.OpenAPIV3().Paths())
	_, err = paths["apis/apps/v1"].Schema("application/json")
	fmt.Println("openapi v3:", len(paths) > 20, err)
	fmt.Println("in protobuf:", protobuf.Load() > 10, other.Load())
}
