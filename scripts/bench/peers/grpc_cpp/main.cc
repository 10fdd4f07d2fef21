// gRPC C++ with its callback API on both sides. Arguments: server, or client ADDRESS.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "bench.grpc.pb.h"
#include "load.h"

namespace {

constexpr int kConnectSeconds = 10;

class Service final : public Bench::CallbackService {
  grpc::ServerUnaryReactor* Add(grpc::CallbackServerContext* context, const AddRequest* request,
                                AddReply* reply) override {
    reply->set_sum(request->a() + request->b());
    return finish(context);
  }

  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoMessage* request,
                                 EchoMessage* reply) override {
    reply->set_value(request->value());
    return finish(context);
  }

  grpc::ServerUnaryReactor* EchoBytes(grpc::CallbackServerContext* context,
                                      const BytesMessage* request, BytesMessage* reply) override {
    reply->set_value(request->value());
    return finish(context);
  }

  static grpc::ServerUnaryReactor* finish(grpc::CallbackServerContext* context) {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

/**
 * What a call needs until it is answered. The answer deletes it before it goes on: the round may end
 * with that answer, and the channel has to outlive every context.
 */
template <typename Request, typename Reply>
struct Call {
  grpc::ClientContext context;
  Request request;
  Reply reply;
};

std::string errorOf(const grpc::Status& status) {
  return status.ok() ? "" : "gRPC: " + status.error_message();
}

class Client final : public LoadClient {
 public:
  explicit Client(const std::string& address) {
    grpc::ChannelArguments own;
    // Channels share a connection otherwise, and each of ours is to have its own.
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), own);
    const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(kConnectSeconds);
    if (!channel_->WaitForConnected(deadline)) {
      std::cerr << "cannot connect to " << address << std::endl;
      std::_Exit(1);
    }
    stub_ = Bench::NewStub(channel_);
  }

  void add(double a, double b, Done<double> done) override {
    auto* call = new Call<AddRequest, AddReply>;
    call->request.set_a(a);
    call->request.set_b(b);
    stub_->async()->Add(&call->context, &call->request, &call->reply,
                        [call, done = std::move(done)](const grpc::Status& status) {
                          const double sum = call->reply.sum();
                          delete call;
                          done(errorOf(status), sum);
                        });
  }

  void echo(const std::string& text, Done<std::string> done) override {
    auto* call = new Call<EchoMessage, EchoMessage>;
    call->request.set_value(text);
    stub_->async()->Echo(&call->context, &call->request, &call->reply, finish(call, done));
  }

  void echoBytes(const std::string& value, Done<std::string> done) override {
    auto* call = new Call<BytesMessage, BytesMessage>;
    call->request.set_value(value);
    stub_->async()->EchoBytes(&call->context, &call->request, &call->reply, finish(call, done));
  }

 private:
  template <typename Message>
  static std::function<void(grpc::Status)> finish(Call<Message, Message>* call,
                                                  Done<std::string> done) {
    return [call, done = std::move(done)](const grpc::Status& status) {
      const std::string value = std::move(*call->reply.mutable_value());
      delete call;
      done(errorOf(status), value);
    };
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Bench::Stub> stub_;
};

void serve() {
  Service service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  std::cout << "{\"address\":\"127.0.0.1:" << port << "\"}" << std::endl;
  server->Wait();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "server") {
    serve();
  } else if (argc == 3) {
    const std::string address = argv[2];
    carryLoads([&] { return std::make_shared<Client>(address); });
  }
}
