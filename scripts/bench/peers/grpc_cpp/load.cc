#include "load.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iostream>
#include <thread>
#include <vector>

namespace {

constexpr double kWarmUpSeconds = 0.3;

const std::string& echoText() {
  static const std::string text = [] {
    std::string made;
    while (made.size() < 1'048'576) made += "0123456789abcdef";
    return made;
  }();
  return text;
}

const std::string& echoedBytes() {
  static const std::string bytes = [] {
    std::string made(1'048'576, '\0');
    for (size_t at = 0; at < made.size(); at++) made[at] = static_cast<char>(at * 7 + (at >> 8));
    return made;
  }();
  return bytes;
}

void check(const std::string& error, bool isRight, const char* otherwise) {
  if (error.empty() && isRight) return;
  std::cerr << (error.empty() ? otherwise : error) << std::endl;
  std::_Exit(1);
}

/** Makes one call after the other: each answer starts the next call. */
class Lane {
 public:
  Lane(const std::string& work, std::shared_ptr<LoadClient> client, double seed,
       const std::atomic<bool>& stopped)
      : client_(std::move(client)), work_(work), a_(seed), stopped_(stopped) {}

  void next() {
    if (stopped_) {
      const auto ended = ended_;  // set_value lets the lane end
      return ended->set_value();
    }
    if (work_ == "add") {
      client_->add(a_, 7, [this](const std::string& error, double sum) {
        check(error, sum == a_ + 7, "add gave another sum");
        a_++;
        count();
      });
    } else {
      const bool isBytes = work_ == "bytes";
      const std::string& value = isBytes ? echoedBytes() : echoText();
      auto done = [this, &value](const std::string& error, const std::string& reply) {
        check(error, reply == value, "echo gave something else");
        count();
      };
      if (isBytes) client_->echoBytes(value, done);
      else client_->echo(value, done);
    }
  }

  /** Calls that were answered. */
  int64_t calls() const { return calls_.load(std::memory_order_relaxed); }

  /** Waits for the last call. */
  void wait() { ended_->get_future().wait(); }

 private:
  void count() {
    calls_.fetch_add(1, std::memory_order_relaxed);
    next();
  }

  const std::shared_ptr<LoadClient> client_;
  const std::string work_;
  double a_;
  const std::atomic<bool>& stopped_;
  const std::shared_ptr<std::promise<void>> ended_ = std::make_shared<std::promise<void>>();
  alignas(64) std::atomic<int64_t> calls_{0};
};

void pause(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

/** Warms up, counts for the given time and prints the result. */
void measure(double seconds, const std::function<int64_t()>& calls) {
  pause(kWarmUpSeconds);
  std::cout << "warm" << std::endl;
  const int64_t before = calls();
  const auto start = std::chrono::steady_clock::now();
  pause(seconds);
  const int64_t counted = calls() - before;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  std::cout << "{\"calls\":" << counted << ",\"seconds\":" << elapsed.count() << "}" << std::endl;
}

/** Opens a connection, adds and closes it, again and again. */
void carryConnects(const Open& open, const Scenario& scenario) {
  std::atomic<bool> stopped{false};
  std::atomic<int64_t> calls{0};
  std::thread connecting([&] {
    while (!stopped) {
      const auto answered = std::make_shared<std::promise<void>>();
      const auto client = open();
      client->add(1, 7, [answered](const std::string& error, double sum) {
        check(error, sum == 8, "add gave another sum");
        answered->set_value();
      });
      answered->get_future().wait();
      calls++;
    }
  });
  measure(scenario.seconds, [&] { return calls.load(); });
  stopped = true;
  connecting.join();
}

void carry(const Open& open, const Scenario& scenario) {
  if (scenario.work == "connect") return carryConnects(open, scenario);
  std::vector<std::shared_ptr<LoadClient>> clients;
  for (int at = 0; at < scenario.connections; at++) clients.push_back(open());
  std::atomic<bool> stopped{false};
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int at = 0; at < scenario.connections * scenario.inFlight; at++) {
    lanes.push_back(
        std::make_unique<Lane>(scenario.work, clients[at % clients.size()], at, stopped));
  }
  for (const auto& lane : lanes) lane->next();
  measure(scenario.seconds, [&] {
    int64_t sum = 0;
    for (const auto& lane : lanes) sum += lane->calls();
    return sum;
  });
  stopped = true;
  for (const auto& lane : lanes) lane->wait();
}

/** The text behind `"key":`, without quotes. Enough for the orders of the bench. */
std::string memberOf(const std::string& line, const std::string& key) {
  const std::string mark = "\"" + key + "\":";
  const size_t at = line.find(mark);
  check("", at != std::string::npos, "an order lacks a member");
  const size_t begin = line.find_first_not_of('"', at + mark.size());
  return line.substr(begin, line.find_first_of("\",}", begin) - begin);
}

}  // namespace

void carryLoads(const Open& open) {
  std::string line;
  while (std::getline(std::cin, line)) {
    carry(open, {std::stoi(memberOf(line, "connections")), std::stoi(memberOf(line, "inFlight")),
                 memberOf(line, "work"), std::stod(memberOf(line, "seconds"))});
  }
}
